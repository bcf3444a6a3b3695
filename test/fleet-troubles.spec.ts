import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { removal } from '#test/client';
import { freshDatabase, runSql } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram, type ProgramName } from '#test/fleet';
import { createPatientClient } from '#test/patient-client';
import { pgBouncerIsInstalled, startPgBouncer, type PgBouncer } from '#test/pgbouncer';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startS3Store, type S3Store } from '#test/s3-store';
import { until } from '#test/until';

jest.setTimeout(600_000);

const TASKS = 100;
const IN_A_REQUEST = 10;
const AWAY_MS = 3_000;
const programs = ['gateway', 'worker', 'dispatcher'] as const;

const newKey = () => randomBytes(32).toString('base64');
const [older, newer] = [newKey(), newKey()];

/** As a release would that comes after this one. */
const laterMigration = `
  ALTER TABLE tasks ADD COLUMN of_a_later_release text;
  INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
  VALUES (gen_random_uuid(), 'checksum', '99990101000000_of_a_later_release', now(), 1)`;

const isInstalled = [redisIsInstalled(), pgBouncerIsInstalled()].every(Boolean);

// What is missing is reported by the functions above. In CI it is a failure.
(isInstalled ? describe : describe.skip)('a fleet with Redis, S3 and a pooler', () => {
  let redis: TestRedis;
  let s3: S3Store;
  let pooler: PgBouncer;
  let receiver: Receiver;
  let fleet: Fleet;
  let photo: string;
  const running = new Map<ProgramName, FleetProgram>();

  beforeAll(async () => {
    const databaseUrl = await freshDatabase();
    [redis, s3, receiver] = await Promise.all([startRedis(), startS3Store(), startReceiver()]);
    pooler = await startPgBouncer(databaseUrl, 10);
    photo = (await toPng(disc(60, 40))).toString('base64');
    const env = {
      ...s3.env,
      DATABASE_URL: pooler.url,
      DATABASE_DIRECT_URL: databaseUrl,
      REDIS_URL: redis.url,
      SECRETS_KEY: older,
      OUTBOUND_ALLOW: '127.0.0.1',
      MAX_TASKS_PER_REQUEST: '100',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    };
    fleet = await startFleet(env, databaseUrl);
    for (const name of programs) running.set(name, await fleet.start(name));
  });
  afterAll(async () => {
    await fleet.stop();
    await Promise.all([redis.stop(), s3.stop(), receiver.stop(), pooler.stop()]);
  });

  /** Starts the new programs before the old ones get SIGTERM, as a rolling update does. */
  const replaceAll = async (env: Record<string, string>): Promise<void> => {
    for (const name of programs) {
      const old = running.get(name);
      running.set(name, await fleet.start(name, env));
      expect(await old?.stop()).toBe(0);
    }
  };

  const troubles: Readonly<Record<string, () => Promise<void>>> = {
    'Redis is away': async () => {
      await redis.stop();
      await sleep(AWAY_MS);
      await redis.start();
    },
    'S3 is away': async () => {
      await s3.pause();
      await sleep(AWAY_MS);
      await s3.resume();
    },
    'the pooler is restarted': () => pooler.restart(),
    'SECRETS_KEY is changed in its three steps': async () => {
      for (const keys of [`${older},${newer}`, `${newer},${older}`, newer])
        await replaceAll({ SECRETS_KEY: keys });
    },
    'a later release migrates and is rolled back': async () => {
      await runSql(fleet.databaseUrl, laterMigration);
      await replaceAll({ SECRETS_KEY: newer });
    },
  };
  const names = Object.keys(troubles);

  it.each(names)(`does ${TASKS} tasks and webhooks while %s`, async (name) => {
    const url = `${receiver.url}/${names.indexOf(name)}`;
    const gateways = () => [running.get('gateway')?.url ?? ''];
    const client = createPatientClient(fleet.key, gateways);
    const make = () => removal(photo, { deliveryMethod: 'async', webhookURL: url });
    const [tasks] = await Promise.all([client.submit(make, TASKS, IN_A_REQUEST), troubles[name]?.()]);
    expect(new Set(tasks.map(({ taskUUID }) => taskUUID)).size).toBe(TASKS);

    const unfinished = () => fleet.database.task.count({ where: { finishedAt: null } });
    await until('all ends', async () => (await unfinished()) === 0, 180_000);
    const statuses = await Promise.all(tasks.map(({ taskUUID }) => client.poll(taskUUID)));
    expect(new Set(statuses)).toEqual(new Set(['success']));
    if (process.env['TEST_LOG_LEVEL']) console.log(`While ${name}, clients saw`, client.troubles);
  });

  it(`has ${names.length * TASKS} tasks then, each charged once, and told to its webhook with one id`, async () => {
    const count = names.length * TASKS;
    expect(await fleet.database.task.groupBy({ by: ['state'], _count: true })).toEqual([
      { state: 'succeeded', _count: count },
    ]);
    const pending = () => fleet.database.delivery.count({ where: { state: 'pending' } });
    await until('all webhooks', async () => (await pending()) === 0, 180_000);
    const requests = names.flatMap((_, i) => receiver.received(`/${i}`));
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(count);
    const [charged] = await fleet.database.$queryRaw<{ entries: number }[]>`
      SELECT (SELECT count(*) FROM usage_entries)::int + (SELECT coalesce(sum(tasks), 0) FROM usage_days)::int AS entries`;
    expect(charged).toEqual({ entries: count });
  });
});
