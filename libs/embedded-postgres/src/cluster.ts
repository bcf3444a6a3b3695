import { closeSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { explain } from './advice.js';
import type { Binaries } from './binaries.js';
import { openNew } from './new-file.js';
import { endOrphans, isServer } from './orphans.js';
import { passwordFile, writePassword } from './password.js';
import type { Place } from './place.js';
import { endingIn, isFull } from './reason.js';
import { superuser } from './role.js';
import { run } from './run.js';

export type Cluster = Place & Binaries;

// Names inside the home of the cluster, where every program runs: pg_ctl and initdb hand paths to a shell, which would
// interpret a `$` or a quote.
const database = 'database';
const draft = 'database.new';
const logFile = 'postgres.log';

/** Another program took the port meanwhile, or the children of a killed server still run. */
const temporary = /Address already in use|still in use/;
const attempts = 5;

/** Creates the cluster unless it exists. An interrupted attempt leaves a draft, which the next one removes. */
export async function initialise({ home, account, initdb }: Cluster): Promise<void> {
  if (existsSync(join(home, database))) return;

  rmSync(join(home, draft), { recursive: true, force: true });
  writePassword({ home, account });
  const access = [`--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const text = ['--encoding=UTF8', '--locale=C'];
  const args = [`--pgdata=${draft}`, ...access, ...text, '--no-instructions'];
  const { ok, output, signal } = await run(initdb, args, { cwd: home, account });
  if (!ok) throw new Error(`The database could not be created in ${home}: ${explain(output, home, signal)}.`);
  renameSync(join(home, draft), join(home, database));
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
      throw new Error(`The bundled Postgres did not start: ${explain(log, home, signal)}.`);
    }
    await pause(500);
  }
}

type StopMode = 'fast' | 'immediate';

/** Stops the server of this cluster and the processes that a killed one left behind, if there are any. */
export async function stopServer(
  { home, account, pgCtl }: Cluster,
  modes: readonly StopMode[] = ['fast', 'immediate'],
): Promise<void> {
  const control = (...args: string[]) =>
    run(pgCtl, [...args, '-D', database], { cwd: home, account, ownSession: true });

  removeStaleLock(home);
  for (const mode of modes) {
    const { ok: running } = await control('status');
    if (!running) return endOrphans(join(home, database));
    const { ok: stopped } = await control('stop', '-s', '-w', '-t', '60', '-m', mode);
    if (stopped) return;
  }
  throw new Error(`The Postgres server on ${join(home, database)} does not stop.`);
}

/**
 * After a kill the lock file names a dead process. In a container the id may meanwhile belong to a program of ours,
 * or to another Postgres, which pg_ctl would stop. A zombie of the server may hold it, too. Postgres would not start.
 */
function removeStaleLock(home: string): void {
  if (process.platform === 'linux' && existsSync(lockFile(home)) && !isServing({ home }))
    rmSync(lockFile(home));
}

const lockFile = (home: string) => join(home, database, 'postmaster.pid');

function lockHolder(home: string): number | undefined {
  const lock = lockFile(home);
  return existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : undefined;
}

/** Whether a server runs on this cluster, ready or still starting. */
export function isServing({ home }: Pick<Cluster, 'home'>): boolean {
  const pid = lockHolder(home);
  return pid !== undefined && isServer(pid, join(home, database));
}

const logOf = ({ home }: Pick<Cluster, 'home'>): string =>
  existsSync(join(home, logFile)) ? readFileSync(join(home, logFile), 'utf8') : '';

/** Why a server that runs does not serve, and what to do. */
export function refusalReason(
  { home }: Cluster,
  fault: { readonly code?: unknown; readonly message: string },
): string {
  const log = logOf({ home });
  // To early clients the server says only that it is not ready.
  const isInLog = fault.code === undefined || fault.code === '57P03';
  return explain(isInLog && /FATAL|PANIC/.test(log) ? log : `FATAL:  ${fault.message}\n${log}`, home);
}

/** Whether the disk has too little room for a server to start. */
export const isOutOfRoom = ({ home }: Cluster): boolean => isFull(home);

/** Why the server ended by itself, from its log. */
export const endReason = (cluster: Cluster): string => endingIn(logOf(cluster));

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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
