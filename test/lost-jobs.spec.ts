import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { createTaskQueue, type TaskQueue } from '#queue';
import { createClient, removal } from '#test/client';
import { runSql } from '#test/databases';
import { startFleet } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { startReceiver } from '#test/receiver';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(300_000);

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const model = 'runware:109@1';
const WAITING = 10_000;

describe.each(backends)(`a queue on %s that lost its jobs, while ${WAITING} tasks wait,`, (backend) => {
  let redis: TestRedis | undefined;
  let service: Service;
  let queue: TaskQueue;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    service = await startService({ env: { ...(redis && { REDIS_URL: redis.url }) } });
    queue = createTaskQueue(service.config, () => undefined);
  });
  afterAll(async () => {
    await service.stop();
    await queue.close();
    await redis?.stop();
  });

  /** Stores tasks as a gateway does, but in one statement. */
  const wait = () =>
    runSql(
      service.config.DATABASE_URL,
      `INSERT INTO tasks (id, owner_id, task_uuid, task_uuid_sent, task_type, model, request, payload_hash,
                          input_image_id, output_image_id)
       SELECT gen_random_uuid(), api_keys.id, uuid, uuid::text, 'removeBackground', '${model}', '{}', 'hash',
              gen_random_uuid(), gen_random_uuid()
         FROM api_keys, (SELECT gen_random_uuid() AS uuid FROM generate_series(1, ${WAITING})) AS sent`,
    );
  const forgetQueue = async () => {
    if (!redis) return runSql(service.config.DATABASE_URL, 'TRUNCATE bullmq.job CASCADE');
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
  };
  const fedTasks = () =>
    service.database.task.findMany({ where: { finishedAt: null, fedAt: { not: null } } });
  const haveJobs = async () => {
    const fed = await fedTasks();
    // A queue that is slow to answer is asked again.
    const has = (taskId: string) => queue.has({ taskId, lane: model }).catch(() => false);
    const jobs = await Promise.all(fed.map(({ id }) => has(id)));
    return fed.length > 0 && jobs.every(Boolean);
  };

  it('gets them again, and nothing else', async () => {
    await wait();
    await service.dispatcher.start();
    await until('the first jobs', haveJobs);
    const fed = (await fedTasks()).length;

    await forgetQueue();
    expect(await haveJobs()).toBe(false);
    const startMs = performance.now();
    await until('the jobs to be queued again', haveJobs);
    if (process.env['TEST_LOG_LEVEL'])
      console.log(`${backend}: queued again after ${Math.round(performance.now() - startMs)} ms`);
    expect(await fedTasks()).toHaveLength(fed);
  });
});

// redisIsInstalled() prints what is skipped, and fails in CI.
(redisIsInstalled() ? describe : describe.skip)('a dispatcher that starts while Redis is away', () => {
  it('delivers webhooks, and feeds the queue once Redis is back', async () => {
    const [redis, receiver] = [await startRedis(), await startReceiver()];
    const fleet = await startFleet({
      OUTBOUND_ALLOW: '127.0.0.1',
      REDIS_URL: redis.url,
      LOG_LEVEL: 'silent',
    });
    try {
      const [gateway] = await Promise.all([fleet.start('gateway'), fleet.start('worker')]);
      const { post } = createClient(gateway.url, fleet.key);
      const image = (await toPng(disc(40, 30))).toString('base64');
      const send = async (path: string) => {
        const task = removal(image, { deliveryMethod: 'async', webhookURL: receiver.url + path });
        expect((await post([task])).status).toBe(200);
        return task.taskUUID;
      };
      const taskUuid = await send('/before');
      await until('the end of the task', () =>
        fleet.database.task.count({ where: { taskUuid, state: 'succeeded' } }),
      );

      await redis.stop();
      await fleet.start('dispatcher');
      await until('the webhook', () => receiver.received('/before')[0]);
      await send('/after');
      await redis.start();
      await until('the webhook of the task that waited for Redis', () => receiver.received('/after')[0]);
    } finally {
      await fleet.stop();
      await Promise.all([redis.stop(), receiver.stop()]);
    }
  });
});
