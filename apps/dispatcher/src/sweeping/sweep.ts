import { takeUnchecked, type Database } from '#database';
import type { TaskQueue } from '#queue';
import type { Logger, Metrics } from '#telemetry';

/** Longer than an add takes, short enough that nobody waits long for a task whose job was lost. */
const UNCHECKED_AFTER_MS = 5_000;
const BATCH = 200;

/**
 * Re-enqueues the tasks that have no job although they have not ended: the add failed, or the queue lost it.
 *
 * @returns how many were enqueued again
 */
export const sweep = async (
  database: Database,
  queue: TaskQueue,
  olderThanMs = UNCHECKED_AFTER_MS,
): Promise<number> => {
  let stranded = 0;
  for (const job of await takeUnchecked(database, olderThanMs, BATCH)) {
    if (await queue.has(job)) continue;
    await queue.add(job);
    stranded++;
  }
  return stranded;
};

type Needs = {
  readonly database: Database;
  readonly queue: TaskQueue;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/** A sweep that counts and logs the tasks that it found. */
export const createSweep = ({ database, queue, metrics, log }: Needs): (() => Promise<void>) => {
  const counter = metrics.counter({
    name: 'clearcut_tasks_stranded_total',
    help: 'Tasks whose job was lost and which were enqueued again.',
  });
  return async () => {
    const stranded = await sweep(database, queue);
    counter.inc(stranded);
    if (stranded > 0) log.warn({ stranded }, 'stranded tasks enqueued again');
  };
};
