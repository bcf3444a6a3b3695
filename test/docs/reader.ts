import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { disc, toJpeg } from '#test/pictures';
import type { CodeBlock } from './code-blocks.js';

/** A folder like that in which a reader types what a page shows. */
export type Reader = {
  /** Puts the address of the service and free ports in place of those that the pages name. */
  readonly here: (code: string) => string;
  /** Runs a block to its end. Rejects with its output when it fails. */
  readonly run: (block: CodeBlock) => Promise<string>;
  /** Starts a program that runs on while the next blocks run. @returns its output so far */
  readonly serve: (block: CodeBlock) => Promise<() => string>;
  readonly end: () => Promise<void>;
};

export type ReaderOptions = {
  readonly url: string;
  readonly key: string;
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  /** Free ports, in place of those that the pages name. */
  readonly ports: Readonly<Record<string, number>>;
};

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Longer than any block takes. */
const RUN_MS = 100_000;

const cli = resolve('dist/apps/cli/src/main.js');
/** The commands that pages call, without the bootstrap that installs and builds. */
const commands = {
  clearcut: `#!/bin/sh\nINIT_CWD="$PWD" exec "${process.execPath}" "${cli}" cli "$@"\n`,
  npx: '#!/bin/sh\nexec "$@"\n',
};

/** What the programs of the pages import: our client, as its package has it, and packages that the tests have too. */
const installPackages = async (modules: string): Promise<void> => {
  const client = join(modules, '@clearcut/client');
  await mkdir(client, { recursive: true });
  await cp('libs/client/package.json', join(client, 'package.json'));
  await symlink(resolve('dist/libs/client/src'), join(client, 'dist'));
  for (const name of ['@runware', '@aws-sdk', 'standardwebhooks', 'sharp', 'ws'])
    await symlink(resolve('node_modules', name), join(modules, name));
};

const makeFolder = async (key: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-page-'));
  for (const name of ['.clearcut', 'docs/pictures', 'photos', 'bin'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, '.clearcut/api-key'), `${key}\n`);
  // Small ones: the pages show what is typed, and other tests what comes out.
  for (const name of ['photo', 'docs/pictures/bear', 'docs/pictures/mug', 'photos/a', 'photos/b', 'photos/c'])
    await writeFile(join(folder, `${name}.jpg`), await toJpeg(disc(60, 40)));
  for (const [name, script] of Object.entries(commands)) {
    await writeFile(join(folder, 'bin', name), script);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  await installPackages(join(folder, 'node_modules'));
  return folder;
};

/** Variables that a block of bash sets are there for the blocks after it. */
const withVariables = (code: string) => `set -euo pipefail
set -a
[ ! -f .variables ] || . ./.variables
${code}
export -p > .variables
`;

/** A command, and the text of the file that it runs. */
const programs = (python: string): Readonly<Record<string, [string[], (code: string) => string]>> => ({
  bash: [['bash'], withVariables],
  powershell: [['pwsh', '-NoProfile', '-File'], (code) => `$ErrorActionPreference = 'Stop'\n${code}`],
  js: [[process.execPath], String],
  python: [[resolve(python)], String],
});
const endings: Readonly<Record<string, string>> = { bash: 'sh', powershell: 'ps1', js: 'mjs', python: 'py' };

const outputOf = async ({ page, line }: CodeBlock, child: Child): Promise<string> => {
  const late = setTimeout(() => child.kill('SIGKILL'), RUN_MS);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearTimeout(late);
  if (code !== 0) throw new Error(`${page}:${line} ended with ${code}\n${out}\n${err}`);
  // curl exits with 0 when the service refuses a request.
  if (/"errors":\s*\[/.test(out)) throw new Error(`${page}:${line} got an error: ${out}`);
  return out;
};

export const openReader = async ({ url, key, python, env, ports }: ReaderOptions): Promise<Reader> => {
  const folder = await makeFolder(key);
  const children = new Set<Child>();
  const PATH = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  const own = { ...process.env, NO_PROXY: '*', ...env, PATH, CLEARCUT_KEY: key, CLEARCUT_URL: url };

  const here = (code: string): string => {
    const ours = code.replaceAll(/(127\.0\.0\.1|localhost):3000/g, new URL(url).host);
    return Object.entries(ports).reduce((all, [port, free]) => all.replaceAll(port, `${free}`), ours);
  };
  const start = async ({ language, code, line }: CodeBlock): Promise<Child> => {
    const [command, wrap] = programs(python)[language] ?? [[], String];
    const file = join(folder, `block-${line}.${endings[language] ?? 'txt'}`);
    await writeFile(file, wrap(here(code)));
    const script = 'set -a; [ ! -f .variables ] || . ./.variables; exec "$0" "$@"';
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn('bash', ['-c', script, ...command, file], { cwd: folder, env: own, stdio });
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };

  return {
    here,
    run: async (block) => outputOf(block, await start(block)),
    serve: async (block) => {
      const child = await start(block);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      return () => output;
    },
    end: async () => {
      for (const child of children) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
};
