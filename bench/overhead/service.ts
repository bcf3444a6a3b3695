import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase, putKey, type Database } from '#database';
import { startEmbeddedPostgres } from '#embedded-postgres';
import { freePort } from '#test/redis';
import type { Bench } from '../benchmark.js';
import { startChild, type Child } from './child.js';
import { cpuMs, familyCpuMs } from './figures.js';

/** The service as users run it. */
export type Service = {
  readonly url: string;
  readonly key: string;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly worker: Child;
  readonly gateway: Child;
  readonly dispatcher: Child;
  /** CPU milliseconds over all cores, by program. */
  readonly cpu: () => Promise<Record<string, number>>;
};

/** CPU milliseconds of gateway, worker, dispatcher and Postgres so far. */
export const cpuOf = async ({ cpu }: Service): Promise<number> => {
  const { client: _, ...programs } = await cpu();
  return Object.values(programs).reduce((sum, ms) => sum + ms, 0);
};

export type ServiceOptions = {
  /** A script that replaces the worker. */
  readonly worker?: URL;
  readonly env?: NodeJS.ProcessEnv;
};

const remove = (folder: string) => rm(folder, { recursive: true, force: true });

const openPostgres = async ({ closers }: Bench, folder: string) => {
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  closers.push(() => remove(postgres.databaseDir), postgres.stop);
  await migrate(postgres.url);
  const [pid] = (await readFile(join(postgres.databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
  return { url: postgres.url, pid: Number(pid) };
};

const scriptOf = (name: string) => new URL(`../../apps/${name}/src/main.js`, import.meta.url);

const startPrograms = async ({ stopping, closers }: Bench, worker: URL, env: NodeJS.ProcessEnv) => {
  const start = (name: string, script = scriptOf(name)) => startChild(name, script, env, stopping);
  const running = {
    worker: start('worker', worker),
    gateway: start('gateway'),
    dispatcher: start('dispatcher'),
  };
  const programs = Object.values(running);
  closers.push(async () => {
    await Promise.all(programs.map((program) => program.stop()));
  });
  await Promise.all(programs.map(({ ready }) => ready));
  return running;
};

/** Starts gateway, worker and dispatcher as processes, with an embedded Postgres, in a temporary folder. */
export const startService = async (
  bench: Bench,
  { worker = scriptOf('worker'), env = {} }: ServiceOptions = {},
): Promise<Service> => {
  const { stopping, closers } = bench;
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-bench-'));
  closers.push(() => remove(folder));
  // When root starts it, Postgres runs as another user, who needs access.
  await chmod(folder, 0o755);

  const postgres = await openPostgres(bench, folder);
  const databaseUrl = postgres.url;
  stopping.signal.throwIfAborted();
  const database = openDatabase(databaseUrl);
  closers.push(() => database.$disconnect());
  const key = `cc_${randomBytes(32).toString('base64url')}`;
  await putKey(database, 'bench', key);

  const port = await freePort();
  const address = { HOST: '127.0.0.1', PORT: `${port}`, PUBLIC_URL: '' };
  const backends = { DATA_DIR: folder, DATABASE_URL: databaseUrl, REDIS_URL: '' };
  // `npm start` sets the same.
  const memory = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: `${2 ** 20}` };
  const all = { LOG_LEVEL: 'warn', ...memory, ...process.env, ...address, ...backends, ...env };
  const programs = await startPrograms(bench, worker, all);
  const cpu = async () => ({
    worker: await familyCpuMs(programs.worker.pid),
    gateway: await cpuMs(programs.gateway.pid),
    dispatcher: await cpuMs(programs.dispatcher.pid),
    postgres: await familyCpuMs(postgres.pid),
    client: await cpuMs(process.pid),
  });
  return { url: `http://127.0.0.1:${port}`, key, database, databaseUrl, ...programs, cpu };
};
