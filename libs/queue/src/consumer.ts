import { setTimeout as sleep } from 'node:timers/promises';
import { WaitingError, type Job } from 'bullmq';
import { closeUnstarted, openWorker, type JobData, type JobRunner, type QueueConfig } from './backend.js';
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

// A killed worker's tasks are handed back through their rows, sooner than BullMQ notices. What it does then only adds a
// start that finds nothing to do, so its own limit is set out of reach.
const takeOver = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 1000,
} as const;

/**
 * How long BullMQ may take to close once no job is in hand. It can hang for ever: when Redis is away, or when
 * close() meets the start of its wait for a job.
 */
const CLOSE_MS = 1_500;

/** The wait before a worker that could not start is replaced. */
const REOPEN_MS = 500;

type InHand = {
  readonly job: Job<JobData, void>;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
};

/** Takes jobs off the queues of its lanes, which share its slots fairly. */
export const createConsumer = (config: QueueConfig, handle: Handler, options: ConsumerOptions): Consumer => {
  const { lanes, concurrency, longestPauseMs, onError } = options;
  const inHand = new Set<AbortController>();
  const workers = new Map<string, JobRunner>();
  /** Workers that run or are paused. */
  const started = new Set<JobRunner>();
  const stopping = new AbortController();
  /** Jobs of each lane that wait for their next try, or for the end of an outage. They hold no slot. */
  const resting = new Map<string, number>();
  let handsBack = false;
  let isPaused = false;

  const concurrencyOf = (lane: string) => slots.allowance(lane) + (resting.get(lane) ?? 0);
  const setConcurrency = () => {
    for (const [lane, worker] of workers) worker.concurrency = concurrencyOf(lane);
  };
  const slots = createSlots(concurrency, setConcurrency);

  /** Waits before the next start. BullMQ's own delays compare the clocks of machines. */
  const rest = async (lane: string, ms: number, signal: AbortSignal) => {
    const change = (by: number) => {
      resting.set(lane, (resting.get(lane) ?? 0) + by);
      setConcurrency();
    };
    change(1);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    change(-1);
  };

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

  /** Puts the job back into the queue without counting a try, after a pause if an outage keeps it from its work. */
  const putBack = async (lane: string, { job, token, signal }: InHand, error: unknown) => {
    const isOutage = error instanceof OutageError;
    if (isOutage && !handsBack && !isPaused) {
      const waits = job.attemptsStarted - job.attemptsMade - 1;
      const ms = Math.min(pauseMs(waits, longestPauseMs), error.leftMs);
      // If this worker is killed meanwhile, BullMQ takes the job from it.
      await rest(lane, ms, AbortSignal.any([signal, stopping.signal]));
    }
    if (!isOutage && !handsBack && !isPaused) return;
    await job.moveToWait(token);
    throw new WaitingError();
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
          await putBack(lane, { job, token, signal }, error);
          if (lastTry) throw error;
          await rest(lane, pauseMs(job.attemptsMade, longestPauseMs), signal);
          // The worker may have stopped meanwhile.
          await putBack(lane, { job, token, signal }, error);
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

  /** Replaces a worker that could not start or has ended by an error, because BullMQ does not try again. */
  const reopen = (lane: string, ended: JobRunner) => {
    started.delete(ended);
    ended.close().catch(onError);
    const worker = open(lane);
    worker.concurrency = concurrencyOf(lane);
    workers.set(lane, worker);
    return worker;
  };

  const run = async (lane: string, worker: JobRunner): Promise<void> => {
    try {
      await worker.waitUntilReady();
      started.add(worker);
      if (isPaused) await worker.pause(true);
      // It runs already if resume() came meanwhile.
      if (!worker.isRunning()) await worker.run();
    } catch (error) {
      if (stopping.signal.aborted) return;
      onError(error as Error);
      await sleep(REOPEN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await run(lane, reopen(lane, worker));
    }
  };

  const handBack = () => {
    handsBack = true;
    for (const controller of inHand) controller.abort(new Error('the worker is stopping'));
  };

  return {
    run: () => workers.forEach((worker, lane) => void run(lane, worker)),
    pause: async () => {
      isPaused = true;
      await Promise.all([...started].map((worker) => worker.pause(true)));
    },
    resume: async () => {
      isPaused = false;
      await Promise.all([...started].map((worker) => worker.resume()));
    },
    stop: async (graceMs) => {
      stopping.abort();
      const deadline = setTimeout(handBack, graceMs);
      const giveUp = new AbortController();
      const tooLong = sleep(graceMs + CLOSE_MS, undefined, { signal: giveUp.signal }).catch(() => undefined);
      const closed = Promise.all(
        [...workers.values()].map((worker) =>
          started.has(worker) ? worker.close() : closeUnstarted(worker),
        ),
      );
      await Promise.race([closed, tooLong]);
      giveUp.abort();
      clearTimeout(deadline);
    },
  };
};
