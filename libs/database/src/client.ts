import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';

export type Database = PrismaClient;

export type ConnectionOptions = {
  /** The most connections at once. */
  readonly max?: number;
  /** Postgres ends a statement that takes longer. */
  readonly statementTimeoutMs?: number;
  /** Whether a transaction pooler is in between: each transaction may have another connection to Postgres. */
  readonly isPooled?: boolean;
};

const DEFAULT_MAX = 10;

/** A new connection costs ten milliseconds, and prepares its statements anew. */
const IDLE_MS = 60_000;

/** TCP probes idle connections this often. It finds dead ones, and firewalls keep the others. */
const KEEP_ALIVE_MS = 10_000;

/** Postgres ends a statement by itself. Without a word from it so much later, the connection is dead. */
const SILENCE_MS = 5_000;

/**
 * Prisma takes all times for UTC, so the session must use it. Poolers refuse these settings as parameters of the connection,
 * and accept them as statements. They keep each client's time zone, but not its timeout.
 */
const prepareSession =
  ({ statementTimeoutMs, isPooled }: ConnectionOptions) =>
  (client: pg.ClientBase): unknown => {
    const timeout = statementTimeoutMs && !isPooled ? `; SET statement_timeout = ${statementTimeoutMs}` : '';
    return client.query(`SET TIME ZONE 'UTC'${timeout}`);
  };

/** The driver's pool takes it by the same names, which its types lack. */
type Connected = { readonly connection: { readonly stream: Socket } };

/** Ends a connection that is silent for this long. TCP alone takes 15 minutes to notice that a network dropped it. */
const endInSilence = (client: pg.ClientBase, silenceMs: number): void => {
  const { stream } = (client as unknown as Connected).connection;
  stream.setTimeout(silenceMs, () => stream.destroy());
};

/**
 * A pool whose connections always have an error listener. Between the pool's listener and the borrower's
 * there is a moment without one, and an error at that moment would end the process. Nothing is lost: the
 * query itself rejects.
 */
const openPool = (databaseUrl: string, options: ConnectionOptions): pg.Pool => {
  const silenceMs = options.statementTimeoutMs && options.statementTimeoutMs + SILENCE_MS;
  const prepare = prepareSession(options);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.max ?? DEFAULT_MAX,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idleTimeoutMillis: Math.min(IDLE_MS, options.statementTimeoutMs ?? Infinity),
    onConnect: (client) => {
      if (silenceMs) endInSilence(client, silenceMs);
      return prepare(client);
    },
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

type Connections = {
  readonly pool: pg.Pool;
  /** Whether a prepared statement is still there for the next query. */
  readonly prepares: boolean;
};

const connections = new WeakMap<Database, Connections>();

/** The pool that Prisma uses too, for statements that go to Postgres without it. */
export const connectionsOf = (database: Database): Connections => {
  const known = connections.get(database);
  if (!known) throw new Error('This client was not opened by openDatabase.');
  return known;
};

/** A database whose connections come from this pool, and which ends it. */
export const openDatabaseOn = (pool: pg.Pool, prepares = true): Database => {
  const statementNameGenerator = prepares ? nameOf : () => '';
  const adapter = new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator });
  const database = new PrismaClient({ adapter });
  connections.set(database, { pool, prepares });
  const disconnect = database.$disconnect.bind(database);
  database.$disconnect = async () => {
    await disconnect();
    // Prisma ends the pool only after a query of its own.
    if (!pool.ending) await pool.end();
  };
  return database;
};

/** Connects lazily. Every query rejects while the server is away. */
export const openDatabase = (databaseUrl: string, options: ConnectionOptions = {}): Database =>
  openDatabaseOn(openPool(databaseUrl, options), !options.isPooled);

/** Postgres keeps 63 bytes of a name. */
const HOST_LENGTH = 34;

/** The address by which Postgres shows in pg_stat_activity which program of which machine or pod is connected. */
export const namedUrl = (databaseUrl: string, program: string): string => {
  const url = new URL(databaseUrl);
  if (!url.searchParams.has('application_name'))
    url.searchParams.set(
      'application_name',
      `clearcut-${program}/${hostname().slice(0, HOST_LENGTH)}/${process.pid}`,
    );
  return url.href;
};

export const pingDatabase = async (database: Database): Promise<void> => {
  await database.$queryRaw`SELECT 1`;
};
