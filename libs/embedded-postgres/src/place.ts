import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, lchownSync, mkdirSync, readdirSync } from 'node:fs';
import { realpathSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { accountFor, obstacleIn, type Account } from './identity.js';
import { systemReason } from './reason.js';

/** Holds what an unprivileged user cannot reach in its usual place. Only root writes here. */
export const systemFolder = '/var/lib/clearcut';

/** `home` holds the cluster (`database`), its `password` and its log. */
export type Place = { readonly home: string; readonly account: Account | undefined };

/** Where the home of the cluster may be: below the data folder, or in the system's place for it. */
export function homesOf(dataDir: string): string[] {
  if (!existsSync(dataDir)) return [];
  return [join(resolve(dataDir), 'postgres'), join(systemFolder, shortHash(realpathSync(dataDir)))];
}

/** Finds the home of the cluster and prepares it for the user that Postgres runs as. */
export function findPlace(dataDir: string, log: (line: string) => void): Place {
  makeFolder(dataDir, 0o777);
  const usual = join(resolve(dataDir), 'postgres');
  const other = join(systemFolder, shortHash(realpathSync(dataDir)));

  const existing = [usual, other].find((home) => existsSync(join(home, 'database')));
  if (existing && isFolder(join(existing, 'database'))) tighten(join(existing, 'database'), log);
  const account = accountFor(existing && join(existing, 'database'));
  if (!account) return { home: ownFolder(usual), account };

  const home = existing ?? usual;
  const obstacle = handOver(home, account);
  if (!obstacle) {
    if (home === other) log(`The database lives in ${other}, not in ${usual}.`);
    return { home, account };
  }
  // An empty database elsewhere would look as if all data were lost.
  if (existing) {
    const remedy = `Give ${home} and all in it to one user, as by \`chown -R\``;
    throw new Error(`The database in ${home} is out of reach: ${obstacle}. ${remedy}.`);
  }

  if (readdirSync(usual).length === 0) rmdirSync(usual);
  makeFolder(systemFolder, 0o755);
  const second = handOver(other, account);
  if (second) throw new Error(`Postgres cannot run as root, and ${second}.`);
  log(`The database lives in ${other}: Postgres cannot run as root, and ${obstacle}.`);
  return { home: other, account };
}

export function makeFolder(folder: string, mode: number): void {
  try {
    const created = mkdirSync(folder, { recursive: true, mode });
    // A strict umask must not lock out the user of the folder.
    if (created && mode !== 0o777) chmodSync(folder, mode);
  } catch (cause) {
    throw new Error(`The folder ${folder} cannot be created: ${systemReason(cause)}.`, { cause });
  }
}

function ownFolder(folder: string): string {
  makeFolder(folder, 0o700);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const owner = statSync(folder).uid;
    const whose = owner === process.getuid?.() ? '' : ` (it belongs to the user with id ${owner})`;
    throw new Error(`The folder ${folder} cannot be written: ${systemReason(cause)}${whose}.`, { cause });
  }
  return folder;
}

/** Returns what keeps the account from using the folder. */
function handOver(home: string, account: Account): string | undefined {
  makeFolder(home, 0o700);
  try {
    // Files restored from a backup often belong to root.
    for (const folder of [home, join(home, 'database')])
      if (isFolder(folder) && statSync(folder).uid === 0) chownTree(folder, account);
  } catch (cause) {
    return `${home} cannot be given to ${account.name} (${systemReason(cause)})`;
  }
  return obstacleIn(home, account);
}

const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory();

/** Postgres refuses a folder that other users may read, as copies often are. */
function tighten(database: string, log: (line: string) => void): void {
  const mode = statSync(database).mode & 0o777;
  if (process.platform === 'win32' || [0o700, 0o750].includes(mode)) return;
  try {
    chmodSync(database, 0o700);
    log(`The mode of ${database} was ${mode.toString(8)} and is 700 now, as Postgres demands.`);
  } catch (cause) {
    throw new Error(`The mode of ${database} cannot be set to 700: ${systemReason(cause)}.`, { cause });
  }
}

function chownTree(folder: string, { uid, gid }: Account): void {
  lchownSync(folder, uid, gid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, name), uid, gid);
  }
}

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);
