import { expireImages, type Database } from '#database';
import type { Storage } from '#storage';
import type { Logger } from '#telemetry';

const BATCH = 50;
const REPEAT_LOG_AFTER_MS = 10 * 60_000;

type Needs = { readonly database: Database; readonly storage: Pick<Storage, 'remove'>; readonly log: Logger };

/** Logs when deletions begin to fail, every ten minutes while they do, and when they work again. */
const createFailureLog = (log: Logger, now: () => number) => {
  let nextMs: number | undefined;
  return (failures: readonly unknown[]) => {
    if (failures.length === 0) {
      if (nextMs !== undefined) log.info('expired images can be deleted again');
      nextMs = undefined;
    } else if (nextMs === undefined || now() >= nextMs) {
      log.error({ err: failures[0], images: failures.length }, 'expired images cannot be deleted');
      nextMs = now() + REPEAT_LOG_AFTER_MS;
    }
  };
};

/** Deletes every expired image, batch by batch until stopped. The next round repeats deletions that failed. */
export const createExpiry = (
  { database, storage, log }: Needs,
  now: () => number = () => performance.now(),
): ((stopping?: AbortSignal) => Promise<void>) => {
  const logFailures = createFailureLog(log, now);
  return async (stopping) => {
    for (;;) {
      const { deleted, failures } = await expireImages(database, storage.remove, BATCH);
      if (deleted > 0) log.info({ deleted }, 'expired images deleted');
      logFailures(failures);
      if (deleted < BATCH || stopping?.aborted) return;
    }
  };
};
