import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { neededMigrations } from '#database';
import { createClient, removal, type Item } from '#test/client';
import { runSql } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { openLibraryQueue } from '#test/library-queue';
import { lintMigration } from '#test/lint-migration';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { insertRemoval, type RemovalOptions } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(180_000);

const photo = (await toPng(disc(60, 40))).toString('base64');
const programs = ['gateway', 'worker', 'dispatcher'] as const;

/** A possible next release: more columns in every table in use, and one more table. */
const nextMigrations = [
  `ALTER TABLE "tasks" ADD COLUMN "next_note" TEXT DEFAULT 'none', ADD COLUMN "next_rank" INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX "tasks_next_rank_idx" ON "tasks"("next_rank", "state");
   CREATE TABLE "next_notes" (
     "id" BIGSERIAL NOT NULL,
     "task_id" UUID NOT NULL,
     CONSTRAINT "next_notes_pkey" PRIMARY KEY ("id")
   );
   ALTER TABLE "next_notes" ADD CONSTRAINT "next_notes_task_id_fkey"
     FOREIGN KEY ("task_id") REFERENCES "tasks"("id") ON DELETE CASCADE;`,
  'ALTER TABLE "images" ADD COLUMN "next_kind" TEXT;',
  'ALTER TABLE "api_keys" ADD COLUMN "next_limit" INTEGER;',
  `ALTER TABLE "workers" ADD COLUMN "next_facts" JSONB NOT NULL DEFAULT '{}';`,
  'ALTER TABLE "served_models" ADD COLUMN "next_hidden" BOOLEAN NOT NULL DEFAULT false;',
  `ALTER TABLE "deliveries" ADD COLUMN "next_format" TEXT NOT NULL DEFAULT 'json';`,
  'ALTER TABLE "delivery_attempts" ADD COLUMN "next_answer" TEXT;',
];

/** Applies and records each in a transaction, as a deployment does. */
const migrateToNext = async (databaseUrl: string) => {
  for (const [i, sql] of nextMigrations.entries()) {
    await runSql(databaseUrl, sql);
    await runSql(
      databaseUrl,
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
       VALUES ('next${i}', '', '9999123123595${i}_next', now())`,
    );
  }
};

describe('the programs of a release, when the schema is upgraded', () => {
  let fleet: Fleet;
  let receiver: Receiver;
  let gateway: FleetProgram;
  beforeAll(async () => {
    receiver = await startReceiver();
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', MAX_TASKS_PER_REQUEST: '100' });
  });
  afterAll(async () => {
    await fleet.stop();
    await receiver.stop();
  });

  const send = async (count: number, more: Record<string, unknown> = {}): Promise<Item[]> => {
    const { data, errors } = await createClient(gateway.url, fleet.key).post(
      Array.from({ length: count }, () => removal(photo, more)),
    );
    expect(errors).toEqual([]);
    expect(data).toHaveLength(count);
    return data;
  };
  const startAll = async () => {
    const [first, ...others] = await Promise.all(programs.map((name) => fleet.start(name)));
    if (first) gateway = first;
    return [gateway, ...others];
  };
  const allEnd = (count: number) =>
    until(
      `the end of ${count} tasks`,
      async () => (await fleet.database.task.count({ where: { finishedAt: { not: null } } })) === count,
      60_000,
    );

  it('keep running under load and can start: no task fails, no webhook is lost', async () => {
    expect(nextMigrations.flatMap((sql) => lintMigration(sql, '0.1.0'))).toEqual([]);
    const webhookURL = `${receiver.url}/upgrade`;
    const old = await startAll();
    const sent: Promise<Item[]>[] = [];
    for (let i = 0; i < 5; i++) sent.push(send(10, { deliveryMethod: 'async', webhookURL }));
    await until('the first end', async () => fleet.database.task.count({ where: { state: 'succeeded' } }));

    await migrateToNext(fleet.databaseUrl);
    expect(await fleet.database.task.count({ where: { finishedAt: null } })).toBeGreaterThan(0);
    sent.push(send(20, { deliveryMethod: 'async', webhookURL }));
    const synchronous = await send(5);
    expect(new Set(synchronous.map(({ status }) => status))).toEqual(new Set(['success']));
    await Promise.all(sent);
    await allEnd(75);

    await Promise.all(old.map((program) => program.stop()));
    await startAll();
    await send(10, { webhookURL });
    await send(5, { deliveryMethod: 'async', webhookURL });
    await allEnd(90);

    const rows = await fleet.database.task.groupBy({ by: ['state'], _count: true });
    expect(rows).toEqual([{ state: 'succeeded', _count: 90 }]);
    await until(
      'all webhooks',
      async () => (await fleet.database.delivery.count({ where: { state: 'delivered' } })) === 85,
      30_000,
    );
    expect(await fleet.database.delivery.count()).toBe(85);
  });
});

describe('the programs of a release', () => {
  it('do not start on the schema of the previous release, and say what to do', async () => {
    const fleet = await startFleet();
    try {
      const newest = neededMigrations.at(-1);
      await runSql(fleet.databaseUrl, `DELETE FROM _prisma_migrations WHERE migration_name = '${newest}'`);
      const refusals = await Promise.all(
        programs.map((name) => fleet.start(name).then(String, (error: Error) => error.message)),
      );
      expect(refusals).toEqual(
        programs.map((name) =>
          expect.stringContaining(
            `the ${name} cannot start: {"type":"failed","reason":"The database lacks the migration ${newest}: run \`clearcut migrate\``,
          ),
        ),
      );
    } finally {
      await fleet.stop();
    }
  });
});

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);

describe.each(backends)('a worker with its queue on %s', (backend) => {
  let service: Service;
  let pictures: PictureServer;
  let redis: TestRedis | undefined;
  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    redis = backend === 'Redis' ? await startRedis() : undefined;
    service = await startService({
      env: { OUTBOUND_ALLOW: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) },
    });
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await redis?.stop();
  });

  /** A job in the format of another release. */
  const enqueue = async (id: string, data: Record<string, unknown>, name: string) => {
    const queue = openLibraryQueue(service.config, 'runware:109@1');
    try {
      await queue.add(name, data, { jobId: id, removeOnComplete: true, removeOnFail: true });
    } finally {
      await queue.close();
    }
  };
  const run = async (
    request: NonNullable<RemovalOptions['request']>,
    data: Record<string, unknown>,
    name = 'removal',
  ) => {
    const { id } = await insertRemoval(service, { request, imageUrl: pictures.url });
    await enqueue(id, { taskId: id, ...data }, name);
    return until('the end', async () => {
      const row = await service.database.task.findUniqueOrThrow({ where: { id } });
      return row.finishedAt ? row : undefined;
    });
  };

  it('runs a job of a newer release that has unknown fields and columns', async () => {
    const ended = await run(
      { nextField: { deep: true }, finishing: { feather: 1, nextSetting: 'much' } },
      { nextField: [1], model: 'runware:109@1', traceParent: '00-0' },
      'next-removal',
    );
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  it('runs a job of an older release that lacks newer fields', async () => {
    expect(await run({}, {})).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect(await run({ finishing: { feather: 2 } }, {})).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});
