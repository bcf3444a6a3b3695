import { setTimeout as sleep } from 'node:timers/promises';
import { openQueue, QUEUE, type QueueConfig } from './backend.js';

export type TaskQueue = {
  /** Enqueues a task once: while its job exists, adding it again does nothing. */
  readonly add: (taskId: string) => Promise<void>;
  /** Whether the task has a job, in whatever state. */
  readonly has: (taskId: string) => Promise<boolean>;
  /** Resolves when the queue's store answers. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Postgres is the record, so nothing is kept here of a job that ended. Faults outside the task are tried again. */
const jobOptions = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 3,
  backoff: { type: 'exponential', delay: 1000 },
} as const;

const TIMEOUT_MS = 3_000;

/**
 * Rejects when the store takes too long. The library waits for ever for one that it never reached; a job that
 * it adds late does no harm.
 */
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const done = new AbortController();
  const late = sleep(TIMEOUT_MS, undefined, { signal: done.signal }).then(() => {
    throw new Error(`The queue did not answer within ${TIMEOUT_MS} ms.`);
  });
  return Promise.race([work, late]).finally(() => done.abort());
};

/** @param onError hears of connection faults; calls that fail because of them reject as well */
export const createTaskQueue = (config: QueueConfig, onError: (error: Error) => void): TaskQueue => {
  const queue = openQueue(config);
  queue.on('error', onError);
  return {
    add: async (taskId) => {
      await inTime(queue.add(QUEUE, { taskId }, { ...jobOptions, jobId: taskId }));
    },
    has: async (taskId) => (await inTime(queue.getJobState(taskId))) !== 'unknown',
    ping: async () => {
      await inTime(queue.getJobCounts('waiting'));
    },
    close: () => queue.close(),
  };
};
