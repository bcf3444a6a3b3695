import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#config';
import { keepEmbeddedPostgres } from '#embedded-postgres';
import { findOwner, isDatabaseOutage, openDatabase, putKey } from '#database';
import { defaultModelOf, type Catalogue } from '#models';
import { ensureWeights, type Progress } from '#weights';
import { migrateDatabase } from '../migrate-database.js';
import { isShort, tooShort } from './local-key.js';

type Server = { readonly url: string; readonly stop: () => Promise<void> };

const openServer = async (
  config: Config,
  log: (line: string) => void,
  stopping: AbortSignal,
): Promise<Server> => {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, stop: async () => {} };
  return keepEmbeddedPostgres({ dataDir: config.DATA_DIR, log, stopping });
};

/**
 * Prepares the weights and the database server in parallel. If one fails, the other is aborted or stopped
 * first.
 */
export const openDependencies = async (
  config: Config,
  catalogue: Catalogue,
  progress: Progress,
  stopping: AbortSignal,
): Promise<Server> => {
  const giveUp = new AbortController();
  const signal = AbortSignal.any([stopping, giveUp.signal]);
  const weights = ensureWeights(defaultModelOf(catalogue), {
    modelsDir: config.MODELS_DIR,
    mirror: config.MODELS_MIRROR,
    progress,
    signal,
  });
  const server = openServer(config, progress.note, stopping);

  try {
    await Promise.all([weights, server]);
    return await server;
  } catch (error) {
    giveUp.abort(error);
    const [, opened] = await Promise.allSettled([weights, server]);
    if (opened.status === 'fulfilled') await opened.value.stop();
    throw error;
  }
};

const PATIENCE_MS = 60_000;
const RETRY_MS = 500;

/** Migrations have just run, so a database that does not answer has much else to do. */
const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseOutage(error) || performance.now() > endMs) throw error;
      await sleep(RETRY_MS);
    }
  }
};

/**
 * Applies the migrations and stores the local key.
 * @throws StartError for a new key that is too short; one that is in use stays
 */
export const prepareDatabase = async (
  config: Pick<Config, 'DATABASE_ROLES'>,
  url: string,
  key: string,
  warn: (sentence: string) => void,
): Promise<void> => {
  await migrateDatabase(config, url, warn);
  const database = openDatabase(url);
  try {
    if (isShort(key) && !(await patiently(() => findOwner(database, key)))) throw tooShort(key);
    await patiently(() => putKey(database, 'local', key));
  } finally {
    await database.$disconnect();
  }
};
