import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { endOrphans, isServer } from './orphans.js';
import type { Place } from './place.js';
import { endingIn, reasonIn, systemReason } from './reason.js';
import { superuser } from './role.js';
import { run } from './run.js';

export type Cluster = Place & Binaries;

// Names inside the home of the cluster, where every program runs: pg_ctl and initdb hand paths to a shell, which would
// interpret a `$` or a quote.
const database = 'database';
const draft = 'database.new';
const passwordFile = 'password';
const logFile = 'postgres.log';

/** Another program took the port meanwhile, or the children of a killed server still run. */
const temporary = /Address already in use|still in use/;
const attempts = 5;

/** Creates the cluster unless it exists. An interrupted attempt leaves a draft, which the next one removes. */
export async function initialise({ home, account, initdb }: Cluster): Promise<void> {
  if (existsSync(join(home, database))) return;

  rmSync(join(home, draft), { recursive: true, force: true });
  closeSync(openNew({ home, account }, passwordFile, randomBytes(24).toString('base64url')));
  const access = [`--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const text = ['--encoding=UTF8', '--locale=C'];
  const args = [`--pgdata=${draft}`, ...access, ...text, '--no-instructions'];
  const { ok, output, signal } = await run(initdb, args, { cwd: home, account });
  if (!ok)
    throw new Error(`The database could not be created in ${home}: ${reasonIn(output, home, signal)}.`);
  renameSync(join(home, draft), join(home, database));
}

export function readPassword({ home }: Pick<Cluster, 'home'>): string {
  try {
    return readFileSync(join(home, passwordFile), 'utf8');
  } catch (cause) {
    const path = join(home, passwordFile);
    throw new Error(`The password of the database cannot be read from ${path}: ${systemReason(cause)}.`, {
      cause,
    });
  }
}

/**
 * Starts the server on a free port, or on the given one, and returns the port. pg_ctl starts it in a session of its
 * own, where a Ctrl-C does not reach it.
 */
export async function startServer(cluster: Cluster, givenPort?: number): Promise<number> {
  const { home, account, pgCtl } = cluster;

  for (let attempt = 1; ; attempt++) {
    const port = givenPort ?? (await freePort());
    if (existsSync(join(home, logFile))) renameSync(join(home, logFile), join(home, `${logFile}.1`));
    const logFd = openNew(cluster, logFile);
    const args = ['start', '-s', '-w', '-t', '120', '-D', database, '-l', logFile, '-o', serverOptions(port)];
    const { ok, output, signal } = await run(pgCtl, args, { cwd: home, account, logFd });
    closeSync(logFd);
    if (ok) return port;

    const log = `${readFileSync(join(home, logFile), 'utf8')}\n${output}`;
    await stopServer(cluster);
    if (attempt === attempts || !temporary.test(log)) {
      throw new Error(`The bundled Postgres did not start: ${reasonIn(log, home, signal)}.`);
    }
    await pause(500);
  }
}

/** Stops the server of this cluster and the processes that a killed one left behind, if there are any. */
export async function stopServer({ home, account, pgCtl }: Cluster): Promise<void> {
  const control = (...args: string[]) =>
    run(pgCtl, [...args, '-D', database], { cwd: home, account, ownSession: true });

  removeStaleLock(home);
  for (const mode of ['fast', 'immediate']) {
    const { ok: running } = await control('status');
    if (!running) return endOrphans(join(home, database));
    const { ok: stopped } = await control('stop', '-s', '-w', '-t', '60', '-m', mode);
    if (stopped) return;
  }
  throw new Error(`The Postgres server on ${join(home, database)} does not stop.`);
}

/**
 * After a kill the lock file names a dead process. In a container the id may meanwhile belong to a program of ours,
 * which pg_ctl would stop. A zombie of the server may hold it, too. Postgres would not start in either case.
 */
function removeStaleLock(home: string): void {
  const pid = lockHolder(home);
  if (process.platform === 'linux' && pid !== undefined && !isServer(pid)) rmSync(lockFile(home));
}

const lockFile = (home: string) => join(home, database, 'postmaster.pid');

function lockHolder(home: string): number | undefined {
  const lock = lockFile(home);
  return existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : undefined;
}

/** Whether a server runs on this cluster, ready or still starting. */
export function isServing({ home }: Pick<Cluster, 'home'>): boolean {
  const pid = lockHolder(home);
  return pid !== undefined && isServer(pid);
}

/** Why the server ended by itself, from its log. */
export function endReason({ home }: Cluster): string {
  const log = join(home, logFile);
  return existsSync(log) ? endingIn(readFileSync(log, 'utf8')) : endingIn('');
}

const serverOptions = (port: number) =>
  [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'log_checkpoints=off',
  ]
    .map((setting) => `-c ${setting}`)
    .join(' ');

/** Creates exclusively: as root we write into a folder where another user may have planted a link. */
function openNew({ home, account }: Place, name: string, content = ''): number {
  const path = join(home, name);
  try {
    rmSync(path, { force: true });
    const fd = openSync(path, 'wx', 0o600);
    if (account) fchownSync(fd, account.uid, account.gid);
    writeFileSync(fd, content, { flush: true });
    return fd;
  } catch (cause) {
    throw new Error(`The file ${path} cannot be written: ${systemReason(cause)}.`, { cause });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
