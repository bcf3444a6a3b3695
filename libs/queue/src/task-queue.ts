import { setTimeout as sleep } from 'node:timers/promises';
import { openQueue, type JobStore, type LibraryQueue, type QueueConfig } from './backend.js';
import { queueName } from './names.js';

/** A task's entry in a queue: the id of its row, and the lane (see `queueName`). */
export type Job = {
  readonly taskId: string;
  readonly lane: string;
  /** How often the task came back to the line. The worker of before may still hold its job. */
  readonly returns?: number;
  /** A job beside one that a worker took and may have died with. */
  readonly isSecond?: boolean;
};
type Entry = Omit<Job, 'lane'>;

/** Counts by BullMQ's states: waiting, prioritized, delayed, active … */
export type JobCounts = Readonly<Record<string, number>>;

export type TaskQueue = {
  /** Enqueues a task. Does nothing while the task already has a job in this lane. */
  readonly add: (job: Job) => Promise<void>;
  /** Enqueues tasks, many in one round trip. */
  readonly addAll: (lane: string, entries: readonly Entry[]) => Promise<void>;
  /** Whether the task has a job, in any state. */
  readonly has: (job: Job) => Promise<boolean>;
  /** Whether a worker has taken the job and not ended it. The worker may be dead. */
  readonly isTaken: (job: Job) => Promise<boolean>;
  /** The number of the lane's jobs by state. */
  readonly counts: (lane: string) => Promise<JobCounts>;
  /** The lane's BullMQ queue, for inspection only: do not change or close it. */
  readonly inspect: (lane: string) => LibraryQueue;
  /** Resolves when the queue's store answers. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Ended jobs are removed, because Postgres keeps the record. Faults outside the task are retried; the consumer pauses. */
const jobOptions = { removeOnComplete: true, removeOnFail: true, attempts: 3 } as const;

const TIMEOUT_MS = 3_000;

/**
 * Rejects when the store takes too long, because BullMQ waits for ever for a store that it never reached. A
 * job that is added late does no harm.
 */
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const done = new AbortController();
  const late = sleep(TIMEOUT_MS, undefined, { signal: done.signal }).then(() => {
    throw new Error(`The queue did not answer within ${TIMEOUT_MS} ms.`);
  });
  return Promise.race([work, late]).finally(() => done.abort());
};

/** A job that a worker holds cannot be added again, so the task's next job has another id. */
const idOf = ({ taskId, returns = 0, isSecond = false }: Entry): string =>
  `${taskId}${returns === 0 ? '' : `_${returns}`}${isSecond ? '_second' : ''}`;

/** In Postgres, BullMQ's statement for many jobs is planned anew each time, which takes as long as ten jobs added singly. */
const FEW_JOBS = 4;

/** The queue that ping() reads. It never holds a job. */
const PROBE = 'probe';

/**
 * The queues of all lanes. Each is opened on first use.
 * @param onError receives connection errors; the calls that they affect reject as well
 */
export const createTaskQueue = (config: QueueConfig, onError: (error: Error) => void): TaskQueue => {
  const queues = new Map<string, JobStore>();

  const forget = (name: string, queue: JobStore) => {
    if (queues.get(name) !== queue) return;
    queues.delete(name);
    queue.close().catch(onError);
  };

  const open = (name: string): JobStore => {
    const known = queues.get(name);
    if (known) return known;
    const queue = openQueue(config, name);
    queue.on('error', onError);
    queues.set(name, queue);
    // The next call opens a new one.
    queue.waitUntilReady().catch(() => forget(name, queue));
    return queue;
  };
  const queueOf = ({ lane }: Job) => open(queueName(lane));
  const stateOf = (job: Job) => inTime(queueOf(job).getJobState(idOf(job)));
  const entryOf = (entry: Entry) => ({
    name: 'removal',
    data: { taskId: entry.taskId },
    opts: { ...jobOptions, jobId: idOf(entry) },
  });

  return {
    add: async (job) => {
      const { name, data, opts } = entryOf(job);
      await inTime(queueOf(job).add(name, data, opts));
    },
    addAll: async (lane, entries) => {
      const [queue, jobs] = [open(queueName(lane)), entries.map(entryOf)];
      const addEach = async () => {
        for (const { name, data, opts } of jobs) await queue.add(name, data, opts);
      };
      await inTime(jobs.length <= FEW_JOBS ? addEach() : queue.addBulk(jobs));
    },
    has: async (job) => (await stateOf(job)) !== 'unknown',
    isTaken: async (job) => (await stateOf(job)) === 'active',
    counts: (lane) =>
      inTime(open(queueName(lane)).getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed')),
    inspect: (lane) => open(queueName(lane)) as JobStore & LibraryQueue,
    ping: async () => {
      await inTime(open(PROBE).getJobCounts('waiting'));
    },
    close: async () => {
      const closing = Array.from(queues.values(), (queue) => queue.close());
      // A connection whose server vanished does not end.
      await inTime(Promise.all(closing)).catch(onError);
    },
  };
};
