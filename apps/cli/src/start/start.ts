import { readCatalogue, readPresets, type Config } from '#config';
import { requirePlatform } from '#program';
import type { Progress } from '#weights';
import { finishRestore } from '../backup/swap.js';
import { announcement, forgetAnnouncement, keepAnnouncement, printAnnouncement } from './announcement.js';
import { checkPort, localUrl } from './check-port.js';
import { checkRedis } from './check-redis.js';
import { createHandBack } from './hand-back.js';
import { lockDataDir } from './data-lock.js';
import { openDependencies, prepareDatabase } from './dependencies.js';
import { keyWarning, localKey } from './local-key.js';
import { makeFolder } from './make-folder.js';
import { clearcut, startPrograms } from './programs.js';
import type { StopSignals } from './stop-signals.js';
import { waitUntilReady } from './wait-until-ready.js';

/** Closing functions in the order of opening. */
export type Closers = (() => void | Promise<void>)[];

type Start = {
  readonly config: Config;
  readonly progress: Progress;
  readonly signals: StopSignals;
  readonly closers: Closers;
};

/** How long the programs may take to close after SHUTDOWN_GRACE_S. The database gets two more seconds. */
const CLOSE_MS = 2_000;

/** How long the programs may take to stop before they are killed. */
export const killAfterMs = ({
  SHUTDOWN_DELAY_S,
  SHUTDOWN_GRACE_S,
}: Pick<Config, 'SHUTDOWN_DELAY_S' | 'SHUTDOWN_GRACE_S'>): number =>
  (SHUTDOWN_DELAY_S + SHUTDOWN_GRACE_S) * 1000 + CLOSE_MS;

/** Without API_KEY, because only the supervisor needs the key itself; the programs use hashes. */
const environmentOf = (config: Config, databaseUrl: string): NodeJS.ProcessEnv => {
  const { API_KEY: _, ...env } = process.env;
  // By default glibc keeps freed memory for each thread, which takes two thirds more and grows over time.
  const memory = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: `${2 ** 20}` };
  return {
    ...memory,
    ...env,
    ORT_DISABLE_TELEMETRY: '1',
    DATABASE_URL: databaseUrl,
    DATA_DIR: config.DATA_DIR,
    MODELS_DIR: config.MODELS_DIR,
  };
};

/**
 * Opens everything in order and announces it. Even if this rejects, `closers` holds what was opened.
 * @returns when the service can process tasks
 */
export const start = async ({ config, progress, signals, closers }: Start): Promise<void> => {
  requirePlatform();
  const { stopping, hurry } = signals;
  const catalogue = await readCatalogue(config);
  await readPresets(config);
  makeFolder(config.DATA_DIR);
  makeFolder(config.MODELS_DIR);
  const lock = await lockDataDir(config.DATA_DIR, stopping);
  closers.push(lock.release, () => forgetAnnouncement(config.DATA_DIR));
  forgetAnnouncement(config.DATA_DIR);
  if (finishRestore(config.DATA_DIR)) progress.note('The restore that was interrupted is finished.');
  stopping.addEventListener('abort', lock.markStopping);
  // The programs of a killed supervisor finish their work in hand and then end.
  await checkPort(config, stopping, lock.isInherited ? killAfterMs(config) + CLOSE_MS : 0);
  if (config.REDIS_URL) await checkRedis(config.REDIS_URL);
  const key = localKey(config);
  const warning = keyWarning(key);
  if (warning) progress.note(warning);

  const server = await openDependencies(config, catalogue, progress, stopping);
  closers.push(server.stop);
  stopping.throwIfAborted();
  await prepareDatabase(config, config.DATABASE_DIRECT_URL ?? server.url, key.key, progress.note);
  stopping.throwIfAborted();

  const env = environmentOf(config, server.url);
  const onEnd = createHandBack(server.url, progress.note);
  const programs = startPrograms(clearcut, { env, say: progress.note, onEnd }, killAfterMs(config));
  closers.push(() => programs.stop(hurry));
  await Promise.all([programs.ready, waitUntilReady(localUrl(config), stopping, progress.note)]);
  const text = announcement(config, key);
  keepAnnouncement(config.DATA_DIR, text);
  printAnnouncement(text);
};
