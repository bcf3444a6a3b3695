/**
 * Prepares a fresh clone: installs the packages of the lock file, builds after a change, then starts or tests. It runs
 * before node_modules exists, so it needs only Node and npm.
 *
 *   node tools/prepare.mjs install | build | start | test [arguments of jest] | bench [name] | attack [name] |
 *                          cli [arguments] |
 *                          docs | pictures | compatibility | cases
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Turns off telemetry and update checks of tools and libraries. onnxruntime reads the environment of the process,
// which only the main thread can change.
Object.assign(process.env, {
  ORT_DISABLE_TELEMETRY: '1',
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  SCARF_ANALYTICS: 'false',
  npm_config_update_notifier: 'false',
});

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const installStamp = join(root, 'node_modules/.clearcut-install');
const buildStamp = join(dist, '.clearcut-build');
const lockFile = join(root, '.clearcut/prepare.pid');

const sourceFolders = ['apps', 'libs', 'test', 'bench', 'prisma'];
const sourceFiles = [
  'tsconfig.json',
  'nest-cli.json',
  'package.json',
  'prisma.config.ts',
  'tools/build-kernels.mjs',
  'tools/build-page.mjs',
];
/** The build writes these itself. */
const isGenerated = (name) => /^libs.(database|matting).src.generated/.test(name);

/** A failure that one sentence explains. */
class Failure extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

const program = (name) => () => import(pathToFileURL(join(dist, name)).href);

const clientSpecs = 'test/(clients/|doors/|wire-)';
const modes = {
  install: () => {},
  build: () => {},
  start: program('apps/cli/src/start/main.js'),
  cli: program('apps/cli/src/main.js'),
  bench: program('bench/main.js'),
  attack: program('test/attack/main.js'),
  chaos: program('test/chaos/main.js'),
  docs: async () => {
    await program('apps/gateway/src/reference/write.js')();
    await import('./client-types.mjs');
  },
  pictures: async () => {
    await import('./draw-settings.mjs');
    await import('./draw-compose.mjs');
  },
  test: async (args) => {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const jest = [...flags, 'node_modules/jest/bin/jest.js', ...args];
    process.exitCode = (await run(process.execPath, jest, { stdio: 'inherit' })).code ?? 1;
  },
  compatibility: () => {
    process.env.COMPATIBILITY = 'write';
    return modes.test([clientSpecs]);
  },
  // Jest loads the specs for the names of their tests, and runs none.
  cases: () => {
    process.env.COMPATIBILITY = 'names';
    return modes.test([clientSpecs, '--testNamePattern', '^no test has this name$', '--silent']);
  },
};

async function prepare() {
  // The Dockerfile runs `install` alone, for a layer of packages that seldom changes.
  if (isInstalled() && (mode === 'install' || isBuilt())) return;

  await withLock(async () => {
    if (!isInstalled()) await install();
    if (mode !== 'install' && !isBuilt()) await build();
  });
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, major, minor] = /(\d+)\.(\d+)/.exec(engines.node).map(Number);
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  throw new Failure(`Node ${major}.${minor} or newer is needed, and this is Node ${process.versions.node}.`);
}

const sha256 = (parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

const holds = (path, text) => existsSync(path) && readFileSync(path, 'utf8') === text;

/** Identifies an installation, since native packages differ by Node version and platform. */
function installId() {
  const [major] = process.versions.node.split('.');
  const lock = sha256([readFileSync(join(root, 'package-lock.json'))]);
  return `${lock} node-${major} ${process.platform}-${process.arch}\n`;
}

const isInstalled = () => holds(installStamp, installId());

const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

/** Takes 0.1 s; a compiler run without changes takes 3 s. */
function buildId() {
  const isSource = (name) => /\.(tsx?|json|prisma|css|html|svg|webp)$/.test(name) && !isGenerated(name);
  const sources = [...sourceFolders.flatMap(filesBelow).filter(isSource).sort(), ...sourceFiles];
  const contents = sources.flatMap((name) => [`\0${name}\0`, readFileSync(join(root, name))]);
  return `${sha256([installId(), ...contents])}\n`;
}

const isBuilt = () => holds(buildStamp, buildId());

async function install() {
  const id = installId();
  // The scripts of packages would download files that we do not use. The compiler reads the specs too, so it needs
  // the development packages even with NODE_ENV=production.
  const flags = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { command, args, options } = npm();

  await step('Installing packages', async () => {
    const { code, output } = await run(command, [...args, 'ci', ...flags], options);
    if (code !== 0)
      throw new Failure(`The packages could not be installed: ${installFault(output)}.`, output);
    removeUnusedFiles();
  });
  writeFileSync(installStamp, id);
}

/** What packages bring for other systems, databases and uses: half a gigabyte that nothing here loads. */
const unusedFiles = {
  // The empty folders stay, because a test reads their names.
  'onnxruntime-node/bin/napi-v6': (name) => !name.startsWith(join(process.platform, process.arch)),
  'binaryen/bin': () => true,
  '@prisma/client/runtime': (name) => /\.(cockroachdb|mysql|sqlite|sqlserver)\./.test(name),
  'lucide-static': (name) => /^(font|dist)\b/.test(name),
};

function removeUnusedFiles() {
  for (const [name, isUnused] of Object.entries(unusedFiles)) {
    const folder = join(root, 'node_modules', name);
    const all = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    for (const path of all.filter(isUnused).map((each) => join(folder, each)))
      if (statSync(path).isFile()) rmSync(path);
  }
}

/** Prefers the npm that started us, since npm may not be on the PATH. Other clients set the variable too. */
function npm() {
  const script = process.env.npm_execpath;
  if (script && basename(script) === 'npm-cli.js')
    return { command: process.execPath, args: [script], options: {} };
  // Node can start .cmd files only through a shell.
  const isWindows = process.platform === 'win32';
  return { command: isWindows ? 'npm.cmd' : 'npm', args: [], options: { shell: isWindows } };
}

function installFault(output) {
  if (/ENOSPC|no space left/i.test(output)) return 'no space is left on the disk';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT/.test(output)) {
    return 'the package registry cannot be reached, so check the network and run the same command again';
  }
  if (/EACCES|EPERM|EROFS/.test(output)) return `${root} cannot be written by this user`;
  return 'npm says why above';
}

async function build() {
  const id = buildId();
  // `prisma generate` would download an engine that it never starts, unless the variable names any program.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
  const steps = [
    ['node_modules/prisma/build/index.js', 'generate'],
    ['tools/build-kernels.mjs'],
    ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
    ['tools/build-page.mjs'],
  ];

  await step('Building', async () => {
    // The page stays, since it is built anew only after a change of its own.
    for (const name of existsSync(dist) ? readdirSync(dist) : [])
      if (name !== 'page') rmSync(join(dist, name), { recursive: true, force: true });
    for (const args of steps) {
      const { code, output } = await run(process.execPath, args, { env });
      if (code === 0) continue;
      const fault = /ENOSPC|no space left/i.test(output) ? 'no space is left on the disk' : 'see above';
      throw new Failure(`The build failed: ${fault}.`, output);
    }
  });
  writeFileSync(buildStamp, id);
}

/** A program may read the output of a command, so messages go to stderr there. */
const news = () => (mode === 'cli' ? process.stderr : process.stdout);

async function step(label, work) {
  const startMs = performance.now();
  news().write(`${label} … `);
  try {
    await work();
    news().write(`done in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    news().write('failed\n');
    throw error;
  }
}

/** Runs a program to its end. Signals end it before us, so that no process is left. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...options,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));

    let received;
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const pass = (signal) => {
      received ??= signal;
      child.kill(signal);
      setTimeout(() => child.kill('SIGKILL'), 5000).unref();
    };
    for (const signal of signals) process.on(signal, pass);

    const end = (result) => {
      for (const signal of signals) process.off(signal, pass);
      if (received) process.exit(128 + constants.signals[received]);
      resolve(result);
    };
    child.once('error', ({ message }) => end({ code: 1, output: message }));
    child.once('close', (code) => end({ code, output }));
  });
}

/** Runs in one clone take turns. The second mostly has nothing left to do. */
async function withLock(work) {
  mkdirSync(dirname(lockFile), { recursive: true });
  for (let isWaiting = false; !takeLock(); isWaiting = true) {
    if (!isWaiting) news().write('Another run installs or builds here; waiting for it …\n');
    await pause(200);
  }
  const release = () => rmSync(lockFile, { force: true });
  process.once('exit', release);
  await work();
  process.off('exit', release);
  release();
}

function takeLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(Number(readFileSync(lockFile, 'utf8')))) rmSync(lockFile, { force: true });
  return false;
}

function isAlive(pid) {
  // 0 means that the file is still empty.
  if (pid === process.pid || pid === 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function explain(error) {
  if (error instanceof Failure && error.output) process.stderr.write(`${error.output.trimEnd()}\n`);
  const reason = { ENOSPC: 'No space is left on the disk', EDQUOT: 'The disk quota is used up' }[error.code];
  const refused =
    ['EACCES', 'EPERM', 'EROFS'].includes(error.code) && `${error.path ?? root} cannot be written`;
  process.stderr.write(`clearcut: ${reason || refused ? `${reason || refused}.` : error.message}\n`);
  if (process.env.LOG_LEVEL === 'debug') process.stderr.write(`${error.stack}\n`);
}

const [mode = '', ...args] = process.argv.slice(2);
try {
  process.chdir(root);
  checkNode();
  if (!Object.hasOwn(modes, mode)) throw new Failure(`Name one of ${Object.keys(modes).join(', ')}.`);
  await prepare();
  await modes[mode](args);
} catch (error) {
  explain(error);
  process.exit(1);
}
