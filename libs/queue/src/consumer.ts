import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, WaitingError, type Job } from 'bullmq';
import { openWorker, type JobData, type JobRunner, type QueueConfig } from './backend.js';
import { queueName } from './names.js';
import { OutageError, pauseMs } from './outage.js';
import { createSlots } from './slots.js';

/**
 * One job's work. It must stop soon after the signal aborts; what it throws is tried again unless `lastTry`. An
 * OutageError takes no try.
 */
export type Handler = (job: { taskId: string; lastTry: boolean }, signal: AbortSignal) => Promise<void>;

export type Consumer = {
  /** Starts to take jobs. */
  readonly run: () => void;
  /**
   * Takes no more jobs for now. One that fails meanwhile goes back to where it waits, without a try being taken for
   * it.
   */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Stops taking; waits for the jobs in hand, and hands back those that take longer than graceMs. */
  readonly stop: (graceMs: number) => Promise<void>;
};

export type ConsumerOptions = {
  /** AIR ids of the models whose queues it takes from. */
  readonly models: readonly string[];
  /** Tasks in hand at once, of all models together. */
  readonly concurrency: number;
  /** What a job waits at most between two starts while something that it needs is away. */
  readonly longestPauseMs: number;
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

/** Takes jobs off the queues of its models; they share its slots fairly. */
export const createConsumer = (config: QueueConfig, handle: Handler, options: ConsumerOptions): Consumer => {
  const { models, concurrency, longestPauseMs, onError } = options;
  const inHand = new Set<AbortController>();
  const workers = new Map<string, JobRunner>();
  let handsBack = false;
  let isPaused = false;

  const slots = createSlots(concurrency, () => {
    for (const [model, worker] of workers) worker.concurrency = slots.allowance(model);
  });

  const inSlot = async (model: string, signal: AbortSignal, work: () => Promise<void>) => {
    const release = await slots.take(model, signal);
    try {
      // The library may bring one more job after it was paused.
      if (isPaused) throw new Error('the worker takes no jobs now');
      await work();
    } finally {
      release();
    }
  };

  /** Puts the job back where it waits, in a way that takes no try of it. */
  const putBack = async (job: Job<JobData, void>, token: string | undefined, error: unknown) => {
    if (handsBack || isPaused) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (error instanceof OutageError) {
      const waits = job.attemptsStarted - job.attemptsMade - 1;
      // Postgres takes whole milliseconds only.
      const delayMs = Math.ceil(Math.min(pauseMs(waits, longestPauseMs), error.leftMs));
      // In the queue, so that it holds no slot and outlasts this worker.
      await job.moveToDelayed(Date.now() + delayMs, token);
      throw new DelayedError();
    }
  };

  const open = (model: string): JobRunner => {
    const worker = openWorker(
      config,
      queueName(model),
      async (job, token) => {
        const controller = new AbortController();
        inHand.add(controller);
        const { signal } = controller;
        const lastTry = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        try {
          await inSlot(model, signal, () => handle({ taskId: job.data.taskId, lastTry }, signal));
        } catch (error) {
          await putBack(job, token, error);
          throw error;
        } finally {
          inHand.delete(controller);
        }
      },
      { autorun: false, concurrency, ...takeOver },
    );
    worker.on('error', onError);
    return worker;
  };
  for (const model of models) workers.set(model, open(model));

  const handBack = () => {
    handsBack = true;
    for (const controller of inHand) controller.abort(new Error('the worker is stopping'));
  };

  return {
    run: () => workers.forEach((worker) => void worker.run().catch(onError)),
    pause: async () => {
      isPaused = true;
      await Promise.all([...workers.values()].map((worker) => worker.pause(true)));
    },
    resume: async () => {
      isPaused = false;
      await Promise.all([...workers.values()].map((worker) => worker.resume()));
    },
    stop: async (graceMs) => {
      const deadline = setTimeout(handBack, graceMs);
      const giveUp = new AbortController();
      const tooLong = sleep(graceMs + CLOSE_MS, undefined, { signal: giveUp.signal }).catch(() => undefined);
      const closed = Promise.all([...workers.values()].map((worker) => worker.close()));
      await Promise.race([closed, tooLong]);
      giveUp.abort();
      clearTimeout(deadline);
    },
  };
};
