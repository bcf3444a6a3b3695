import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectionUse } from '#database';
import { clearcut } from '#test/cli';
import { createClient, removal } from '#test/client';
import { freshDatabase } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { pgBouncerIsInstalled, startPgBouncer, type PgBouncer } from '#test/pgbouncer';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { until } from '#test/until';

/** Fewer than one program may have open to the pooler. */
const POOL_SIZE = 5;
const TASKS = 60;
const IN_A_REQUEST = 10;

// Skipped without pgbouncer, which pgBouncerIsInstalled reports. In CI a missing pgbouncer is a failure.
(pgBouncerIsInstalled() ? describe : describe.skip)('a fleet behind a transaction pooler', () => {
  let pooler: PgBouncer;
  let receiver: Receiver;
  let fleet: Fleet;
  let gateway: FleetProgram;
  let photo: string;

  beforeAll(async () => {
    const databaseUrl = await freshDatabase();
    pooler = await startPgBouncer(databaseUrl, POOL_SIZE);
    receiver = await startReceiver();
    photo = (await toPng(disc(60, 40))).toString('base64');
    const env = {
      DATABASE_URL: pooler.url,
      DATABASE_DIRECT_URL: databaseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      MAX_TASKS_PER_REQUEST: '100',
    };
    fleet = await startFleet(env, databaseUrl);
    gateway = await fleet.start('gateway');
    await fleet.start('worker');
    await fleet.start('dispatcher');
  });
  afterAll(async () => {
    await fleet.stop();
    await receiver.stop();
    await pooler.stop();
  });

  const send = (count: number, more: Record<string, unknown> = {}) =>
    createClient(gateway.url, fleet.key).post(
      Array.from({ length: count }, () => removal(photo, { webhookURL: receiver.url, ...more })),
    );
  const allEnd = (count: number) =>
    until('the end of all tasks and webhooks', async () => {
      const tasks = await fleet.database.task.count({ where: { state: 'succeeded' } });
      return (
        tasks === count && (await fleet.database.delivery.count({ where: { state: 'delivered' } })) === count
      );
    });

  it('answers every task, also those that wait for a notification, with few connections to Postgres', async () => {
    const replies = await Promise.all(
      Array.from({ length: TASKS / IN_A_REQUEST }, (_, i) =>
        send(IN_A_REQUEST, { deliveryMethod: i % 2 === 0 ? 'sync' : 'async' }),
      ),
    );
    expect(replies.flatMap(({ errors }) => errors)).toEqual([]);
    await allEnd(TASKS);
    expect(await pooler.mostServers()).toBeLessThanOrEqual(POOL_SIZE);
  });

  it('loses no task when the pooler is restarted', async () => {
    const sent = await send(IN_A_REQUEST, { deliveryMethod: 'async' });
    expect(sent.errors).toEqual([]);
    await pooler.restart();
    await allEnd(TASKS + IN_A_REQUEST);
  });

  it('is named in pg_stat_activity by its direct connections', async () => {
    const { processes } = await connectionUse(fleet.database);
    for (const program of ['gateway', 'worker', 'dispatcher'])
      expect(processes.get(program)).toBeGreaterThan(0);
  });

  it('is migrated past the pooler, which has no session for the lock of a migration', async () => {
    const { DATABASE_URL = '', DATABASE_DIRECT_URL = '' } = fleet.env;
    const { code, err } = await clearcut(['migrate'], { DATABASE_URL, DATABASE_DIRECT_URL });
    expect([code, err]).toEqual([0, 'The database is up to date.\n']);
  });
});
