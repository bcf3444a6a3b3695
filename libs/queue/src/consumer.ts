import { setTimeout as sleep } from 'node:timers/promises';
import { WaitingError } from 'bullmq';
import { openWorker, type QueueConfig } from './backend.js';

/**
 * One job's work. It must stop soon after the signal aborts; what it throws is tried again unless `lastTry`.
 */
export type Handler = (job: { taskId: string; lastTry: boolean }, signal: AbortSignal) => Promise<void>;

export type Consumer = {
  /** Starts to take jobs. */
  readonly run: () => void;
  /** Stops taking; waits for the jobs in hand, and hands back those that take longer than graceMs. */
  readonly stop: (graceMs: number) => Promise<void>;
};

export type ConsumerOptions = {
  readonly concurrency: number;
  readonly onError: (error: Error) => void;
};

// A job whose worker was killed is taken over after lock plus check interval. How often that may happen is
// decided by the task's row, so the library's own count is out of the way.
const takeOver = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1000 } as const;

/**
 * What the library gets to close once nothing is in hand. It may wait for ever: for a Redis that is away, and
 * when it is told to close at the moment at which it starts to wait for a job.
 */
const CLOSE_MS = 1_500;

export const createConsumer = (config: QueueConfig, handle: Handler, options: ConsumerOptions): Consumer => {
  const inHand = new Set<AbortController>();
  let handsBack = false;

  const worker = openWorker(
    config,
    async (job, token) => {
      const controller = new AbortController();
      inHand.add(controller);
      const lastTry = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      try {
        await handle({ taskId: job.data.taskId, lastTry }, controller.signal);
      } catch (error) {
        if (!handsBack) throw error;
        await job.moveToWait(token);
        throw new WaitingError();
      } finally {
        inHand.delete(controller);
      }
    },
    { autorun: false, concurrency: options.concurrency, ...takeOver },
  );
  worker.on('error', options.onError);

  const handBack = () => {
    handsBack = true;
    for (const controller of inHand) controller.abort(new Error('the worker is stopping'));
  };

  return {
    run: () => void worker.run().catch(options.onError),
    stop: async (graceMs) => {
      const deadline = setTimeout(handBack, graceMs);
      const giveUp = new AbortController();
      const tooLong = sleep(graceMs + CLOSE_MS, undefined, { signal: giveUp.signal }).catch(() => undefined);
      await Promise.race([worker.close(), tooLong]);
      giveUp.abort();
      clearTimeout(deadline);
    },
  };
};
