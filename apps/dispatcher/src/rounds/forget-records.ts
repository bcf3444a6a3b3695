import {
  forgetImages,
  forgetJobItems,
  forgetJobs,
  forgetOutcomes,
  forgetTasks,
  type Database,
} from '#database';
import type { Logger } from '#telemetry';

/** Small, so that a batch holds its locks for milliseconds. */
const BATCH = 500;
/** The most batches of one round. Deletions must not fill the database's time. */
const MAX_BATCHES = 20;
/** The rest after a round that left nothing. */
const REST_MS = 60_000;

type Needs = {
  readonly database: Database;
  readonly config: { readonly RECORD_RETENTION_D: number };
  readonly log: Logger;
};

type Forget = (database: Database, days: number, limit: number) => Promise<number>;

/** Deletes the rows of tasks, deliveries, images and jobs that are older than RECORD_RETENTION_D. Usage is kept. */
export const createForgetting = (
  { database, config, log }: Needs,
  now: () => number = () => performance.now(),
) => {
  const days = config.RECORD_RETENTION_D;
  let restsUntilMs = -Infinity;
  const forgetAll = async (forget: Forget, stopping?: AbortSignal): Promise<number> => {
    let forgotten = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch++) {
      const count = await forget(database, days, BATCH);
      forgotten += count;
      if (count < BATCH || stopping?.aborted) break;
    }
    return forgotten;
  };
  return async (stopping?: AbortSignal): Promise<void> => {
    if (now() < restsUntilMs) return;
    const tasks = await forgetAll(forgetTasks, stopping);
    const images = await forgetAll(forgetImages, stopping);
    const items = await forgetAll(forgetJobItems, stopping);
    const jobs = await forgetAll(forgetJobs, stopping);
    await forgetOutcomes(database, days);
    const isBehind = Math.max(tasks, images, items, jobs) >= MAX_BATCHES * BATCH;
    if (!isBehind) restsUntilMs = now() + REST_MS;
    if (tasks + images + items + jobs > 0) log.info({ tasks, images, jobs, days }, 'old records deleted');
  };
};
