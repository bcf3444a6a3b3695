import { setTimeout as sleep } from 'node:timers/promises';
import {
  Queue,
  Worker,
  withBackend,
  type JobsOptions,
  type JobType,
  type Processor,
  type WorkerOptions,
} from 'bullmq';
import { LONGEST_RETRY_MS, openClusters, prefixOf, redisConnection } from './redis.js';
import { createServerClockBackend } from './server-clock.js';
import { keepClientsSteady } from './steady-clients.js';

/** A job carries the id of a task and nothing else. */
export type JobData = { readonly taskId: string };

/** Jobs wait in Redis if REDIS_URL is set, otherwise in the Postgres that holds the tasks. */
export type QueueConfig = {
  readonly DATABASE_URL: string;
  readonly REDIS_URL?: string | undefined;
  /** Whether each program has a role of its own in Postgres, which may not make the queue's tables. */
  readonly DATABASE_ROLES?: string | undefined;
  /** Keeps installations apart that share a Redis. In Postgres their databases do. */
  readonly QUEUE_PREFIX?: string;
};

/** The part of both backends' queues that we use. */
export type JobStore = {
  readonly add: (name: string, data: JobData, options: JobsOptions) => Promise<unknown>;
  readonly addBulk: (
    jobs: { readonly name: string; readonly data: JobData; readonly opts: JobsOptions }[],
  ) => Promise<unknown>;
  readonly getJobState: (id: string) => Promise<string>;
  readonly getJobCounts: (...states: JobType[]) => Promise<Record<string, number>>;
  /** Rejects when the first connection fails. The store is of no use then: BullMQ does not try again. */
  readonly waitUntilReady: () => Promise<unknown>;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly close: () => Promise<void>;
};

/** BullMQ's own queue, for tools that know BullMQ. Its backends differ in type only. */
export type LibraryQueue = Queue;

export type JobRunner = {
  /** The limit of jobs in hand. It may change at any time. */
  concurrency: number;
  /** Rejects when the first connection fails. The runner is of no use then: BullMQ does not try again. */
  readonly waitUntilReady: () => Promise<unknown>;
  readonly run: () => Promise<void>;
  readonly isRunning: () => boolean;
  /** Stops fetching jobs. With `doNotWaitActive` it does not wait for the jobs in hand. */
  readonly pause: (doNotWaitActive: boolean) => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly close: () => Promise<void>;
};

/**
 * Connections per queue and per worker of a model, opened on demand. All models share one Postgres server.
 */
const QUEUE_CONNECTIONS = 2;
const WORKER_CONNECTIONS = 4;

/** The most connections to Postgres that the queue takes in each program, and in each worker besides. */
export const queueConnections = (
  { REDIS_URL }: Pick<QueueConfig, 'REDIS_URL'>,
  lanes: number,
): { readonly each: number; readonly worker: number } =>
  REDIS_URL
    ? { each: 0, worker: 0 }
    : { each: QUEUE_CONNECTIONS * (lanes + 1), worker: WORKER_CONNECTIONS * lanes };

keepClientsSteady();
openClusters();
const postgres = withBackend(createServerClockBackend);

/** No statement of BullMQ takes as long. Without an answer by then, the connection is given up. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Its commits need not wait for the disk: jobs that a crash of Postgres loses are added again by the sweep. */
const postgresConnection = (config: QueueConfig, max: number) => ({
  connectionString: config.DATABASE_URL,
  options: '-c synchronous_commit=off',
  schema: 'bullmq',
  migrate: config.DATABASE_ROLES === undefined,
  query_timeout: ANSWER_TIMEOUT_MS,
  max,
});

/** Producers fail fast, so that requests are answered during an outage. The sweep enqueues the task later. */
export const openQueue = (config: QueueConfig, name: string): JobStore => {
  if (!config.REDIS_URL)
    return new postgres.Queue<JobData>(name, { connection: postgresConnection(config, QUEUE_CONNECTIONS) });
  const limits = { enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  return new Queue<JobData>(name, {
    connection: redisConnection(config.REDIS_URL, limits),
    ...prefixOf(config.REDIS_URL, config.QUEUE_PREFIX),
  });
};

/** Consumers wait for their connection without a limit, so that an outage only pauses them. */
export const openWorker = (
  config: QueueConfig,
  name: string,
  processor: Processor<JobData, void>,
  options: Omit<WorkerOptions, 'connection'>,
): JobRunner => {
  if (!config.REDIS_URL) {
    return new postgres.Worker<JobData, void>(name, processor, {
      ...options,
      connection: postgresConnection(config, WORKER_CONNECTIONS),
    });
  }
  return new Worker<JobData, void>(name, processor, {
    ...options,
    connection: redisConnection(config.REDIS_URL, { maxRetriesPerRequest: null }),
    ...prefixOf(config.REDIS_URL, config.QUEUE_PREFIX),
    runRetryDelay: LONGEST_RETRY_MS,
  });
};

/** How long a worker that is being closed may still take to open. */
const OPENING_MS = 2_000;

/** Closes a worker that may still be opening. BullMQ would leave open what it is opening then. */
export const closeUnstarted = async (worker: JobRunner): Promise<void> => {
  // Why it does not open is said where it is started.
  const opened = worker.waitUntilReady().catch(() => undefined);
  await Promise.race([opened, sleep(OPENING_MS, undefined, { ref: false })]);
  await worker.close();
};
