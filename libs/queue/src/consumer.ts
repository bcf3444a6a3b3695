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

export const createConsumer = (config: QueueConfig, handle: Handler, options: ConsumerOptions): Consumer => {
  const handBack = new AbortController();

  const worker = openWorker(
    config,
    async (job, token, jobSignal) => {
      const signal = jobSignal ? AbortSignal.any([jobSignal, handBack.signal]) : handBack.signal;
      const lastTry = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      try {
        await handle({ taskId: job.data.taskId, lastTry }, signal);
      } catch (error) {
        if (!handBack.signal.aborted) throw error;
        await job.moveToWait(token);
        throw new WaitingError();
      }
    },
    { autorun: false, concurrency: options.concurrency, ...takeOver },
  );
  worker.on('error', options.onError);

  return {
    run: () => void worker.run().catch(options.onError),
    stop: async (graceMs) => {
      const deadline = setTimeout(() => handBack.abort(new Error('the worker is stopping')), graceMs);
      await worker.close();
      clearTimeout(deadline);
    },
  };
};
