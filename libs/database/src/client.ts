import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';

export type Database = PrismaClient;

/** A new connection costs ten milliseconds, and prepares its statements anew. */
const IDLE_MS = 60_000;

/**
 * A pool whose connections always have an error listener. Between the pool's listener and the borrower's
 * there is a moment without one, and an error at that moment would end the process. Nothing is lost: the
 * query itself rejects.
 */
const openPool = (databaseUrl: string): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: IDLE_MS,
  });
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** Each length of a list is a statement of its own. Long ones are not worth the server's memory. */
const MAX_PARAMETERS = 48;

/**
 * Names the statement, so that Postgres parses and plans it once per connection. This saves a third of its
 * work for a task. An empty name turns it off.
 */
const nameOf = ({ sql, args }: { sql: string; args: unknown[] }): string =>
  args.length > MAX_PARAMETERS ? '' : createHash('sha256').update(sql).digest('base64url');

const pools = new WeakMap<Database, pg.Pool>();

/** The pool that Prisma uses too, for statements that go to Postgres without it. */
export const poolOf = (database: Database): pg.Pool => {
  const pool = pools.get(database);
  if (!pool) throw new Error('This client was not opened by openDatabase.');
  return pool;
};

/** A database whose connections come from this pool, and which ends it. */
export const openDatabaseOn = (pool: pg.Pool): Database => {
  const adapter = new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator: nameOf });
  const database = new PrismaClient({ adapter });
  pools.set(database, pool);
  return database;
};

/** Connects lazily. Every query rejects while the server is away. */
export const openDatabase = (databaseUrl: string): Database => openDatabaseOn(openPool(databaseUrl));

export const pingDatabase = async (database: Database): Promise<void> => {
  await database.$queryRaw`SELECT 1`;
};
