import { randomUUID } from 'node:crypto';
import { createTaskQueue } from '#queue';
import type { Bench } from '../benchmark.js';
import { factOf, type Subject } from './counters.js';

/** Nobody takes from its queue. */
const MODEL = 'bench:0@0';
const JOBS = 1_000;

const bytesOf = async ({ service, redis }: Subject): Promise<number> => {
  if (redis) return factOf(await redis.info('memory'), 'used_memory');
  const [row] = await service.database.$queryRaw<{ bytes: number }[]>`
    SELECT sum(pg_total_relation_size(oid))::float AS bytes FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'bullmq'::regnamespace`;
  return row?.bytes ?? NaN;
};

/** Bytes that a waiting job takes where the queue lives. */
export const measureJobs = async (subject: Subject, { closers, stopping }: Bench): Promise<number> => {
  const { service, redis } = subject;
  const REDIS_URL = redis && `redis://127.0.0.1:${redis.options.port}/0`;
  const queue = createTaskQueue({ DATABASE_URL: service.databaseUrl, REDIS_URL }, (error) =>
    stopping.abort(error),
  );
  closers.push(queue.close);
  // What the first one opens is not the price of the others.
  await queue.add({ taskId: randomUUID(), model: MODEL });
  const before = await bytesOf(subject);
  for (let job = 0; job < JOBS; job++) await queue.add({ taskId: randomUUID(), model: MODEL });
  return Math.round(((await bytesOf(subject)) - before) / JOBS);
};
