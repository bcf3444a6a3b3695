import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import {
  checkHistory,
  createHistory,
  differences,
  pendingOf,
  readHistory,
  readMigrations,
  type Migration,
} from './migration-history.js';

/** prisma/migrations, relative to dist/libs/database/src. */
const ourFolder = new URL('../../../../prisma/migrations/', import.meta.url);

export const ourMigrations = (): readonly Migration[] => readMigrations(ourFolder);

/** The advisory lock of Prisma's command line, so that the two never run at the same time. */
const lockKey = 72_707_369;

/** First line of a migration file that must run outside a transaction. */
const noTransaction = /^-- no transaction\r?\n/;

/**
 * While a migration waits for a lock, all later statements on its table wait behind it. So it gives up soon, and tries
 * again after a pause.
 */
const LOCK_TIMEOUT = '3s';
const PAUSE_MS = { first: 500, longest: 10_000 };

type MigrateOptions = {
  readonly folder?: URL;
  /** The names to apply, such as those of an older release. By default all. */
  readonly only?: ReadonlySet<string>;
  /** How long to wait while another program migrates this database. */
  readonly lockTimeoutMs?: number;
  /** How long a migration is tried again because a program holds a lock that it needs. */
  readonly patienceMs?: number;
  /** Called with a sentence for each applied migration that differs from its file. */
  readonly warn?: (sentence: string) => void;
};

/**
 * Brings the schema up to date, and creates the database if it does not exist. Safe to call concurrently, and
 * quick when nothing is pending, so every start may call it.
 */
export async function migrate(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const { folder = ourFolder, lockTimeoutMs = 600_000, patienceMs = 600_000, only } = options;
  const warn = options.warn ?? ((sentence) => process.emitWarning(sentence));
  const migrations = readMigrations(folder).filter(({ name }) => only?.has(name) ?? true);
  const client = await connect(databaseUrl);
  try {
    const history = await readHistory(client);
    differences(migrations, history).forEach(warn);
    if (pendingOf(migrations, history).length === 0) return { applied: [] };

    await lock(client, lockTimeoutMs);
    return { applied: await applyPending(client, migrations, patienceMs) };
  } catch (cause) {
    throw new Error(`The database could not be migrated: ${(cause as Error).message}.`, { cause });
  } finally {
    // This also releases the lock.
    await client.end();
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  try {
    return await open(databaseUrl);
  } catch (cause) {
    const { code, message } = cause as pg.DatabaseError;
    if (code !== '3D000') throw new Error(`The database cannot be reached: ${message || code}.`, { cause });
  }
  await createDatabase(databaseUrl).catch((cause: unknown) => {
    const { message } = cause as Error;
    throw new Error(`The database does not exist and could not be created: ${message}.`, { cause });
  });
  return open(databaseUrl);
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // A lost connection also rejects the next query, so the event needs no handling.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function createDatabase(databaseUrl: string): Promise<void> {
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  const client = await open(Object.assign(new URL(databaseUrl), { pathname: '/postgres' }).href);
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    // Another program may have created it meanwhile.
    if (!['42P04', '23505'].includes((error as pg.DatabaseError).code ?? '')) throw error;
  } finally {
    await client.end();
  }
}

/** Polls, because a session that waits inside Postgres would block CREATE INDEX CONCURRENTLY. */
async function lock(client: pg.Client, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      lockKey,
    ]);
    if (rows[0]?.taken) return;
    if (performance.now() > endMs)
      throw new Error(`another program has been migrating it for more than ${timeoutMs / 1000} s`);
    await pause(100);
  }
}

async function applyPending(
  client: pg.Client,
  migrations: readonly Migration[],
  patienceMs: number,
): Promise<string[]> {
  const history = await readHistory(client);
  if (history) checkHistory(history);
  else await createHistory(client);
  const pending = pendingOf(migrations, history);
  for (const migration of pending) await applyPatiently(client, migration, patienceMs);
  return pending.map(({ name }) => name);
}

const isLockTimeout = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '55P03';

async function applyPatiently(client: pg.Client, migration: Migration, patienceMs: number): Promise<void> {
  const endMs = performance.now() + patienceMs;
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    try {
      return await apply(client, migration);
    } catch (error) {
      if (!isLockTimeout((error as Error).cause) || performance.now() > endMs) throw error;
    }
    await pause(pauseMs);
  }
}

/** Applies and records in one transaction, so that a failed migration leaves nothing behind. */
async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const isAtomic = !noTransaction.test(sql);
  const id = randomUUID();
  const begin = async () => {
    if (isAtomic) await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)', [
      id,
      checksum,
      name,
    ]);
  };
  const end = async (change: string, values: unknown[] = []) => {
    await client.query(`UPDATE _prisma_migrations SET ${change} WHERE id = $1`, [id, ...values]);
    if (isAtomic) await client.query('COMMIT');
  };
  const rollBack = async () => void (await client.query('ROLLBACK'));
  const recordFailure = async (message: string) => {
    if (!isAtomic) return end('logs = $2', [message]);
    await rollBack();
    await begin();
    // The next run tries a rolled-back migration again.
    await end('logs = $2, rolled_back_at = clock_timestamp()', [message]);
  };

  try {
    await begin();
    await client.query(sql);
    await end('finished_at = clock_timestamp(), applied_steps_count = 1');
  } catch (cause) {
    const { message } = cause as Error;
    // Without a connection there is no record; the thrown error says the same.
    await (isLockTimeout(cause) ? rollBack() : recordFailure(message)).catch(() => {});
    const rest = isAtomic ? 'and changed nothing' : 'and may have changed something';
    throw new Error(`the migration ${name} failed ${rest}: ${message}`, { cause });
  }
}
