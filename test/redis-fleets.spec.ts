import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { findUsage } from '#database';
import { createClient, removal } from '#test/client';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled } from '#test/redis';
import { startCluster, startSentinel, type RedisFleet } from '#test/redis-fleet';
import { until } from '#test/until';
import { clearcut } from '#test/cli';

jest.setTimeout(300_000);

const HANG_MS = 180_000;
const photo = (await toPng(disc(40, 30))).toString('base64');
// Skipped without redis-server, which redisIsInstalled reports. In CI a missing one is a failure.
const describeRedis = redisIsInstalled() ? describe : describe.skip;

const send = async ({ url }: FleetProgram, fleet: Fleet, count: number) => {
  const tasks = Array.from({ length: count }, () => removal(photo, { deliveryMethod: 'async' }));
  const { errors } = await createClient(url, fleet.key).post(tasks);
  expect(errors).toEqual([]);
};

const untilEnded = (fleet: Fleet, count: number) =>
  until(
    'the end of all tasks',
    async () => (await fleet.database.task.count({ where: { state: 'succeeded' } })) === count,
    HANG_MS,
  );

const doctor = async ({ env }: Fleet) => {
  const { out } = await clearcut(['doctor'], env);
  return /^\S+ +queue .*$/m.exec(out)?.[0];
};

describeRedis('a fleet whose Redis has a sentinel', () => {
  let redis: RedisFleet;
  let fleet: Fleet;
  let gateway: FleetProgram;
  beforeAll(async () => {
    redis = await startSentinel({ redis: 'of-redis', sentinel: 'of-the-sentinel' });
    fleet = await startFleet({ REDIS_URL: redis.url });
    gateway = await fleet.start('gateway');
    await fleet.start('worker');
    await fleet.start('dispatcher');
  });
  afterAll(async () => {
    await fleet.stop();
    await redis.stop();
  });

  it('does every task while the master is killed and a replica takes its place', async () => {
    const before = await redis.masterPort();
    await send(gateway, fleet, 20);
    await until(
      'a first end',
      async () => (await fleet.database.task.count({ where: { state: 'succeeded' } })) > 2,
    );
    await redis.kill(before);
    await send(gateway, fleet, 20);
    await until('another master', async () => (await redis.masterPort()) !== before, HANG_MS);
    await untilEnded(fleet, 40);
    const tasks = await fleet.database.task.findMany({ select: { problem: true } });
    expect(tasks.filter(({ problem }) => problem !== null)).toEqual([]);
    expect(await findUsage(fleet.database, { by: [] })).toMatchObject([{ tasks: 40, failed: 0 }]);
  });

  it('passes the check of doctor', async () => {
    expect(await doctor(fleet)).toMatch(/^ok +queue +answers, in Redis/);
  });
});

describeRedis('a fleet whose Redis is a cluster', () => {
  let redis: Pick<RedisFleet, 'url' | 'stop'>;
  let fleet: Fleet;
  beforeAll(async () => {
    redis = await startCluster('of-the-cluster');
    fleet = await startFleet({ REDIS_URL: redis.url, ADMIN_TOKEN: 'a-token-of-the-operator-0123456789' });
  });
  afterAll(async () => {
    await fleet.stop();
    await redis.stop();
  });

  it('does every task, also those of a worker that is stopped amid them', async () => {
    const gateway = await fleet.start('gateway');
    const worker = await fleet.start('worker');
    await fleet.start('dispatcher');
    await send(gateway, fleet, 20);
    await until(
      'a first end',
      async () => (await fleet.database.task.count({ where: { state: 'succeeded' } })) > 0,
    );
    expect(await worker.stop()).toBe(0);
    await fleet.start('worker');
    await untilEnded(fleet, 20);
  });

  it('passes the check of doctor', async () => {
    expect(await doctor(fleet)).toMatch(/^ok +queue +answers, in Redis/);
  });
});
