import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './redis.js';
import { until } from './until.js';

/** A transaction pooler in front of a database. */
export type PgBouncer = {
  /** The address of the database behind it. */
  readonly url: string;
  /** The most connections to Postgres that it had at once. */
  readonly mostServers: () => Promise<number>;
  /** Ends it, cuts all its connections, and starts it again. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Debian's package puts it where the PATH of ordinary users does not lead. */
const command = ['pgbouncer', '/usr/sbin/pgbouncer'].find((each) => !spawnSync(each, ['--version']).error);

/** Whether PgBouncer is installed. CI requires it; elsewhere its absence prints a notice. */
export const pgBouncerIsInstalled = (): boolean => {
  if (command !== undefined) return true;
  if (process.env['CI'])
    throw new Error('pgbouncer is not installed, and in CI the tests with a transaction pooler must run');
  process.stderr.write(
    '\n*** pgbouncer is not installed: NOTHING is tested behind a transaction pooler. ***\n',
  );
  return false;
};

const isRoot = process.getuid?.() === 0;

const settingsOf = (databaseUrl: string, port: number, poolSize: number): string => {
  const { hostname, port: server, username, password, pathname } = new URL(databaseUrl);
  const database = pathname.slice(1);
  return `[databases]
${database} = host=${hostname} port=${server} dbname=${database} user=${username} password='${decodeURIComponent(password)}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
admin_users = admin
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
${isRoot ? 'user = nobody\n' : ''}`;
};

/** Starts it on a free port of 127.0.0.1, in transaction mode, with at most so many connections to Postgres. */
export const startPgBouncer = async (databaseUrl: string, poolSize: number): Promise<PgBouncer> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-pgbouncer-'));
  const port = await freePort();
  const path = join(folder, 'pgbouncer.ini');
  await writeFile(path, settingsOf(databaseUrl, port, poolSize));
  // PgBouncer reads it again as the user that it becomes.
  await chmod(folder, 0o755);
  const url = Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href;
  let child: ChildProcess;
  let most = 0;

  const ask = async (database: string, sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'admin', database });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const countServers = async () => {
    const servers = await ask('pgbouncer', 'SHOW SERVERS');
    most = Math.max(most, servers.length);
    return true;
  };
  const start = async () => {
    child = spawn(command ?? 'pgbouncer', ['--quiet', path], { stdio: 'ignore' });
    await until('PgBouncer', () => countServers().catch(() => false));
  };
  const end = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  await start();
  return {
    url,
    mostServers: async () => {
      await countServers();
      return most;
    },
    restart: async () => {
      await end();
      await start();
    },
    stop: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
