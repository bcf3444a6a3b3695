import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, WaitingError, type Job } from 'bullmq';
import { openWorker, type JobData, type JobRunner, type QueueConfig } from './backend.js';
import { queueName } from './names.js';
import { OutageError, pauseMs } from './outage.js';
import { createSlots } from './slots.js';

/**
 * Does one job. It must stop soon after the signal aborts. A job that throws is retried unless `lastTry`; an
 * OutageError does not count as a try.
 */
export type Handler = (job: { taskId: string; lastTry: boolean }, signal: AbortSignal) => Promise<void>;

export type Consumer = {
  /** Starts taking jobs. */
  readonly run: () => void;
  /** Stops taking jobs until resume(). A job that fails meanwhile is put back and keeps its tries. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Takes no more jobs, waits for those in hand, and hands back what takes longer than graceMs. */
  readonly stop: (graceMs: number) => Promise<void>;
};

export type ConsumerOptions = {
  /** The lanes whose jobs it takes: see `queueName`. */
  readonly lanes: readonly string[];
  /** Jobs in hand at once, over all lanes. */
  readonly concurrency: number;
  /** The longest wait between two starts of a job during an outage. */
  readonly longestPauseMs: number;
  readonly onError: (error: Error) => void;
};

// A killed worker's job is taken over after lockDuration plus stalledInterval. The task's row decides how
// often that may happen, so BullMQ's own limit is set out of reach.
const takeOver = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1000 } as const;

/**
 * How long BullMQ may take to close once no job is in hand. It can hang for ever: when Redis is away, or when
 * close() meets the start of its wait for a job.
 */
const CLOSE_MS = 1_500;

/** Takes jobs off the queues of its lanes, which share its slots fairly. */
export const createConsumer = (config: QueueConfig, handle: Handler, options: ConsumerOptions): Consumer => {
  const { lanes, concurrency, longestPauseMs, onError } = options;
  const inHand = new Set<AbortController>();
  const workers = new Map<string, JobRunner>();
  let handsBack = false;
  let isPaused = false;

  const slots = createSlots(concurrency, () => {
    for (const [lane, worker] of workers) worker.concurrency = slots.allowance(lane);
  });

  const inSlot = async (lane: string, signal: AbortSignal, work: () => Promise<void>) => {
    const release = await slots.take(lane, signal);
    try {
      // BullMQ may deliver one more job after pause().
      if (isPaused) throw new Error('the worker takes no jobs now');
      await work();
    } finally {
      release();
    }
  };

  /** Puts the job back into the queue without counting a try. */
  const putBack = async (job: Job<JobData, void>, token: string | undefined, error: unknown) => {
    if (handsBack || isPaused) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (error instanceof OutageError) {
      const waits = job.attemptsStarted - job.attemptsMade - 1;
      // Postgres accepts whole milliseconds only.
      const delayMs = Math.ceil(Math.min(pauseMs(waits, longestPauseMs), error.leftMs));
      // The job waits in the queue, where it holds no slot and outlives this worker.
      await job.moveToDelayed(Date.now() + delayMs, token);
      throw new DelayedError();
    }
  };

  const open = (lane: string): JobRunner => {
    const worker = openWorker(
      config,
      queueName(lane),
      async (job, token) => {
        const controller = new AbortController();
        inHand.add(controller);
        const { signal } = controller;
        const lastTry = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        try {
          await inSlot(lane, signal, () => handle({ taskId: job.data.taskId, lastTry }, signal));
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
  for (const lane of lanes) workers.set(lane, open(lane));

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
