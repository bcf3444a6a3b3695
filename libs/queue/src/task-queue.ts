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

/** @param onError hears of connection faults; calls that fail because of them reject as well */
export const createTaskQueue = (config: QueueConfig, onError: (error: Error) => void): TaskQueue => {
  const queue = openQueue(config);
  queue.on('error', onError);
  return {
    add: async (taskId) => {
      await queue.add(QUEUE, { taskId }, { ...jobOptions, jobId: taskId });
    },
    has: async (taskId) => (await queue.getJobState(taskId)) !== 'unknown',
    ping: async () => {
      await queue.getJobCounts('waiting');
    },
    close: () => queue.close(),
  };
};
