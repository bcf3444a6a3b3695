import { setTimeout as sleep } from 'node:timers/promises';
import { openQueue, type JobStore, type LibraryQueue, type QueueConfig } from './backend.js';
import { queueName } from './names.js';

/** A task as the queue knows it: its row's id, and the AIR id of the model in whose queue it waits. */
export type Job = { readonly taskId: string; readonly model: string };

/** By BullMQ's names of states: waiting, prioritized, delayed, active … */
export type JobCounts = Readonly<Record<string, number>>;

export type TaskQueue = {
  /** Enqueues a task once: while its job exists, adding it again does nothing. */
  readonly add: (job: Job) => Promise<void>;
  /** Whether the task has a job, in whatever state. */
  readonly has: (job: Job) => Promise<boolean>;
  /** How many jobs of the model there are, by state. */
  readonly counts: (model: string) => Promise<JobCounts>;
  /** The model's queue itself, to be looked into. It stays ours: whoever looks neither changes nor closes it. */
  readonly inspect: (model: string) => LibraryQueue;
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

/** What is asked of, to learn whether the store answers; no job is ever put there. */
const PROBE = 'probe';

/**
 * The queues of all models; each is opened when it is first needed.
 *
 * @param onError hears of connection faults; calls that fail because of them reject as well
 */
export const createTaskQueue = (config: QueueConfig, onError: (error: Error) => void): TaskQueue => {
  const queues = new Map<string, JobStore>();

  const open = (name: string): JobStore => {
    const known = queues.get(name);
    if (known) return known;
    const queue = openQueue(config, name);
    queue.on('error', onError);
    queues.set(name, queue);
    return queue;
  };
  const queueOf = ({ model }: Job) => open(queueName(model));

  return {
    add: async (job) => {
      const { taskId } = job;
      await inTime(queueOf(job).add('removal', { taskId }, { ...jobOptions, jobId: taskId }));
    },
    has: async (job) => (await inTime(queueOf(job).getJobState(job.taskId))) !== 'unknown',
    counts: (model) =>
      inTime(open(queueName(model)).getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed')),
    inspect: (model) => open(queueName(model)) as JobStore & LibraryQueue,
    ping: async () => {
      await inTime(open(PROBE).getJobCounts('waiting'));
    },
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
};
