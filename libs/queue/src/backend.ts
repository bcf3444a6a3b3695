import {
  Queue,
  Worker,
  createPostgresBackend,
  withBackend,
  type JobsOptions,
  type JobType,
  type Processor,
  type WorkerOptions,
} from 'bullmq';

/** Each job carries the id of a task and nothing else. */
export type JobData = { readonly taskId: string };

/** Where jobs wait: in Redis when there is one, else in the Postgres that holds the tasks. */
export type QueueConfig = { readonly DATABASE_URL: string; readonly REDIS_URL?: string | undefined };

/** What both backends' queues have in common and we use. */
export type JobStore = {
  readonly add: (name: string, data: JobData, options: JobsOptions) => Promise<unknown>;
  readonly getJobState: (id: string) => Promise<string>;
  readonly getJobCounts: (...states: JobType[]) => Promise<Record<string, number>>;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly close: () => Promise<void>;
};

/** The library's own queue, for tools that know the library. Its backends differ in type, and not in use. */
export type LibraryQueue = Queue;

export type JobRunner = {
  /** How many jobs it may have in hand; may be changed at any time. */
  concurrency: number;
  readonly run: () => Promise<void>;
  /** Fetches no more jobs; those in hand go on, and need not be waited for. */
  readonly pause: (doNotWaitActive: boolean) => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly close: () => Promise<void>;
};

/** Connections of each queue and of each model's worker, opened as needed; the server's are shared by all models. */
const QUEUE_CONNECTIONS = 2;
const WORKER_CONNECTIONS = 4;

const postgres = withBackend(createPostgresBackend);

const postgresConnection = (config: QueueConfig, max: number) => ({
  connectionString: config.DATABASE_URL,
  schema: 'bullmq',
  migrate: true,
  max,
});

/** A producer fails fast, so that a request is answered although the queue is away; the sweep enqueues later. */
export const openQueue = (config: QueueConfig, name: string): JobStore => {
  if (!config.REDIS_URL)
    return new postgres.Queue<JobData>(name, { connection: postgresConnection(config, QUEUE_CONNECTIONS) });
  const connection = { url: config.REDIS_URL, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  return new Queue<JobData>(name, { connection });
};

/** A consumer waits for its connection for ever, so that an outage only pauses it. */
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
  const connection = { url: config.REDIS_URL, maxRetriesPerRequest: null };
  return new Worker<JobData, void>(name, processor, { ...options, connection });
};
