import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { claimTask, failTask, insertTask, openDatabase, type Database } from '#database';
import { createConsumer, createTaskQueue, type QueueConfig, type TaskQueue } from '#queue';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { newTaskOf } from '#test/new-task';
import { until } from '#test/until';
import { sweep } from './sweep.js';

let database: Database;
let queue: TaskQueue;
let config: QueueConfig;
let ownerId: string;

beforeAll(async () => {
  const DATABASE_URL = await freshDatabase();
  database = openDatabase(DATABASE_URL);
  config = { DATABASE_URL };
  queue = createTaskQueue(config, () => undefined);
  await queue.ping();
  ownerId = await addOwner(database);
});
afterAll(async () => {
  await queue.close();
  await database.$disconnect();
});

const model = 'runware:109@1';
const hasJob = (taskId: string) => queue.has({ taskId, lane: model });

/** Inserts a task that was fed but has no job. */
const strand = async (): Promise<string> => {
  const id = (await insertTask(database, newTaskOf(ownerId, { model }), 1))?.id ?? '';
  await database.task.update({ where: { id }, data: { fedAt: new Date(), checkedAt: new Date() } });
  return id;
};

it('the sweep enqueues a task without a job, once', async () => {
  const id = await strand();
  expect(await hasJob(id)).toBe(false);
  expect(await sweep(database, queue, 0)).toEqual({ stranded: 1, unclaimed: 0 });
  expect(await hasJob(id)).toBe(true);
  expect(await sweep(database, queue, 0)).toEqual({ stranded: 0, unclaimed: 0 });
});

it('the sweep leaves a task that was not fed', async () => {
  const id = await strand();
  await database.task.update({ where: { id }, data: { fedAt: null } });
  expect(await sweep(database, queue, 0)).toEqual({ stranded: 0, unclaimed: 0 });
  expect(await hasJob(id)).toBe(false);
});

it('the sweep leaves a young task to the request that is about to enqueue it', async () => {
  const id = await strand();
  expect(await sweep(database, queue, 60_000)).toEqual({ stranded: 0, unclaimed: 0 });
  expect(await hasJob(id)).toBe(false);
  expect(await sweep(database, queue, 0)).toEqual({ stranded: 1, unclaimed: 0 });
});

it('the sweep enqueues a running task without a job, and leaves an ended one', async () => {
  const running = await strand();
  await claimTask(database, running);
  const ended = await strand();
  const claim = await claimTask(database, ended);
  if (!claim) throw new Error('the task could not be claimed');
  await failTask(database, claim, { code: 'inferenceError', message: 'It failed.', details: {} });

  expect(await sweep(database, queue, 0)).toEqual({ stranded: 1, unclaimed: 0 });
  expect([await hasJob(running), await hasJob(ended)]).toEqual([true, false]);
});

it('the sweep gives a second job, once, to a task whose job was taken and which is not claimed', async () => {
  const id = await strand();
  const others = await database.task.findMany({ select: { id: true }, where: { id: { not: id } } });
  await database.task.deleteMany({ where: { id: { in: others.map((other) => other.id) } } });
  await queue.add({ taskId: id, lane: model });
  const taken: string[] = [];
  const hold = new AbortController();
  const consumer = createConsumer(
    config,
    async ({ taskId }) => {
      taken.push(taskId);
      if (taken.filter((one) => one === id).length < 2) await once(hold.signal, 'abort');
    },
    { lanes: [model], concurrency: 20, longestPauseMs: 1_000, onError: () => undefined },
  );
  consumer.run();
  await until('the job to be taken', () => taken.includes(id));
  expect(await sweep(database, queue, 60_000)).toEqual({ stranded: 0, unclaimed: 0 });
  expect(await sweep(database, queue, 0)).toEqual({ stranded: 0, unclaimed: 1 });
  await until('the second job to be taken', () => taken.filter((one) => one === id).length === 2);

  await claimTask(database, id);
  expect(await sweep(database, queue, 0)).toEqual({ stranded: 0, unclaimed: 0 });
  hold.abort();
  await consumer.stop(1_000);
});

it('concurrent sweeps enqueue each task once', async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, strand));
  await database.task.updateMany({
    where: { id: { in: ids } },
    data: { checkedAt: new Date(Date.now() - 60_000) },
  });
  const counts = await Promise.all([1, 2, 3].map(() => sweep(database, queue, 30_000)));
  expect(counts.reduce((sum, { stranded }) => sum + stranded, 0)).toBe(40);
  for (const id of ids) expect(await hasJob(id)).toBe(true);
});

it('the sweep leaves a task whose job has the id that the former release gave it', async () => {
  const id = await strand();
  await database.task.update({ where: { id }, data: { waits: 2, stalls: 1 } });
  await queue.add({ taskId: id, lane: model, returns: 1 });
  const other = await strand();
  await sweep(database, queue, 0);
  expect(await queue.has({ taskId: id, lane: model, returns: 3 })).toBe(false);
  expect(await hasJob(other)).toBe(true);
});
