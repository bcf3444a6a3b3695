import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertTask, openDatabase, settleAttempt, type Database, type DueDelivery } from '#database';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { newTaskOf } from '#test/new-task';
import { until } from '#test/until';
import { createDeliveries } from './deliveries.js';

const HOUR_MS = 3_600_000;

let database: Database;
let ownerId: string;
beforeAll(async () => {
  database = openDatabase(await freshDatabase());
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());

/** Webhooks that are due. */
const insertDue = async (count: number, host: (i: number) => string): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const task = await insertTask(database, newTaskOf(ownerId), 1);
    const data = { taskId: task?.id ?? randomUUID(), host: host(i), url: 'sealed' };
    await database.delivery.create({ data: { ...data, nextAttemptAt: new Date(0) } });
  }
};

it.each([
  ['one receiver', () => 'one'],
  ['many receivers', (i: number) => `host-${i}`],
])('sends a backlog for %s without being woken', async (_, host) => {
  await insertDue(60, host);
  let [sending, most] = [0, 0];
  const deliver = async (delivery: DueDelivery) => {
    most = Math.max(most, ++sending);
    // Deliveries that began together end together.
    await sleep(20);
    await settleAttempt(database, delivery, { ms: 1, status: 200 }, { end: 'delivered' });
    sending--;
    return true;
  };
  const onError = (error: unknown) => {
    throw error;
  };
  const deliveries = createDeliveries({ database, deliver, onError }, { everyMs: HOUR_MS, graceMs: 0 });
  deliveries.start();
  await until('the end of the backlog', async () => {
    return (await database.delivery.count({ where: { state: 'pending' } })) === 0;
  });
  await deliveries.stop();
  expect(most).toBeGreaterThan(1);
});
