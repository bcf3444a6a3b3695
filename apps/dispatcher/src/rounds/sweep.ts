import { takeUnchecked, type Database } from '#database';
import type { Job, TaskQueue } from '#queue';
import type { Logger, Metrics } from '#telemetry';

/** Longer than enqueueing takes, yet short enough to replace a lost job soon. */
export const UNCHECKED_AFTER_MS = 5_000;
const BATCH = 200;

type Swept = {
  /** Tasks without a job. */
  readonly stranded: number;
  /** Tasks that no worker claimed, though one took their job. */
  readonly unclaimed: number;
};

/** Release 0.2.0, which may run beside this one, counts only vanished workers in the id of a job. */
const hasJob = async (queue: TaskQueue, job: Job, stalls: number): Promise<boolean> =>
  (await queue.has(job)) || (stalls !== job.returns && queue.has({ ...job, returns: stalls }));

/**
 * Enqueues unfinished tasks whose job is lost. A task whose job was taken, but which no worker claimed, gets a second job:
 * the worker may be dead, which BullMQ notices late. If it lives, the later of the two jobs finds nothing to do.
 */
export const sweep = async (
  database: Database,
  queue: TaskQueue,
  olderThanMs = UNCHECKED_AFTER_MS,
  stopping?: AbortSignal,
): Promise<Swept> => {
  let stranded = 0;
  let unclaimed = 0;
  for (;;) {
    const batch = await takeUnchecked(database, olderThanMs, BATCH);
    for (const { isClaimed, stalls, ...job } of batch) {
      const second = { ...job, isSecond: true };
      if (!(await hasJob(queue, job, stalls))) {
        await queue.add(job);
        stranded++;
      } else if (!isClaimed && (await queue.isTaken(job)) && !(await queue.has(second))) {
        await queue.add(second);
        unclaimed++;
      }
    }
    if (batch.length < BATCH || stopping?.aborted) return { stranded, unclaimed };
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
  const unclaimedCounter = metrics.counter({
    name: 'clearcut_tasks_unclaimed_total',
    help: 'Tasks that got a second job, since a worker took the first one and did not claim them.',
  });
  return async (stopping) => {
    const { stranded, unclaimed } = await sweep(database, queue, UNCHECKED_AFTER_MS, stopping);
    counter.inc(stranded);
    unclaimedCounter.inc(unclaimed);
    if (stranded > 0) log.warn({ stranded }, 'stranded tasks enqueued again');
  };
};
