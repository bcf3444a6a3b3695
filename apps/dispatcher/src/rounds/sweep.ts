import { takeUnchecked, type Database } from '#database';
import type { TaskQueue } from '#queue';
import type { Logger, Metrics } from '#telemetry';

/** Longer than enqueueing takes, yet short enough to replace a lost job soon. */
const UNCHECKED_AFTER_MS = 5_000;
const BATCH = 200;

/**
 * Enqueues again the tasks that have not ended but have no job, because the add failed or the queue lost it.
 *
 * @returns the number of those tasks
 */
export const sweep = async (
  database: Database,
  queue: TaskQueue,
  olderThanMs = UNCHECKED_AFTER_MS,
  stopping?: AbortSignal,
): Promise<number> => {
  let stranded = 0;
  for (;;) {
    const batch = await takeUnchecked(database, olderThanMs, BATCH);
    for (const job of batch) {
      if (await queue.has(job)) continue;
      await queue.add(job);
      stranded++;
    }
    if (batch.length < BATCH || stopping?.aborted) return stranded;
  }
};

type Needs = {
  readonly database: Database;
  readonly queue: TaskQueue;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/** Sweeps, and counts and logs the stranded tasks. */
export const createSweep = ({
  database,
  queue,
  metrics,
  log,
}: Needs): ((stopping?: AbortSignal) => Promise<void>) => {
  const counter = metrics.counter({
    name: 'clearcut_tasks_stranded_total',
    help: 'Tasks whose job was lost and which were enqueued again.',
  });
  return async (stopping) => {
    const stranded = await sweep(database, queue, UNCHECKED_AFTER_MS, stopping);
    counter.inc(stranded);
    if (stranded > 0) log.warn({ stranded }, 'stranded tasks enqueued again');
  };
};
