import { Queue, Worker, createPostgresBackend, withBackend, type Job } from 'bullmq';
import { queueName, type QueueConfig } from '#queue';

const postgres = withBackend(createPostgresBackend);

const postgresOf = ({ DATABASE_URL }: QueueConfig) => ({
  connectionString: DATABASE_URL,
  schema: 'bullmq',
  max: 2,
  migrate: true,
});

const prefixOf = ({ QUEUE_PREFIX: prefix }: QueueConfig) => (prefix === undefined ? {} : { prefix });

/** A model's queue, opened with BullMQ directly. */
export const openLibraryQueue = (config: QueueConfig, model: string) =>
  config.REDIS_URL
    ? new Queue(queueName(model), { connection: { url: config.REDIS_URL }, ...prefixOf(config) })
    : new postgres.Queue(queueName(model), { connection: postgresOf(config) });

/** A worker on that queue. It is not started yet. */
export const openLibraryWorker = (
  config: QueueConfig,
  model: string,
  run: (job: Job) => Promise<unknown>,
) => {
  const options = { autorun: false, concurrency: 1 };
  return config.REDIS_URL
    ? new Worker(queueName(model), run, {
        ...options,
        ...prefixOf(config),
        connection: { url: config.REDIS_URL, maxRetriesPerRequest: null },
      })
    : new postgres.Worker(queueName(model), run, { ...options, connection: postgresOf(config) });
};
