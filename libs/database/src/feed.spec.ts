import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import {
  claimTask,
  endPauses,
  failTask,
  feedDevice,
  feedRemote,
  openDatabase,
  postponeTask,
  waitingLanes,
  type Database,
} from './index.js';

const model = 'runware:109@1';
let database: Database;
let owners: Record<'a' | 'b' | 'c', string>;

const owner = async (name: string, share = 1) =>
  (
    await database.apiKey.create({
      data: { name: `${name}-${randomUUID()}`, prefix: '', hash: randomUUID(), share },
    })
  ).id;

beforeAll(async () => {
  database = openDatabase(await freshDatabase());
});
afterAll(() => database.$disconnect());

beforeEach(async () => {
  await database.task.deleteMany();
  await database.worker.deleteMany();
  owners = { a: await owner('a'), b: await owner('b'), c: await owner('c', 3) };
});

/** Counts up, as ids of tasks do. */
let serial = 0;
const nextId = () => `0190000${'0'.repeat(1)}-0000-7000-8000-${(serial++).toString(16).padStart(12, '0')}`;

type Facts = Partial<{
  isSync: boolean;
  priority: number;
  deadlineAt: Date;
  stage: 'fetch' | 'upload' | 'device';
  remoteHost: string;
  model: string;
}>;

const add = async (ownerId: string, count = 1, facts: Facts = {}): Promise<string[]> => {
  const rows = Array.from({ length: count }, () => ({
    id: nextId(),
    ownerId,
    taskUuid: randomUUID(),
    taskType: 'removeBackground',
    taskUuidSent: 'sent',
    model,
    request: {},
    payloadHash: 'hash',
    inputImageId: randomUUID(),
    outputImageId: randomUUID(),
    ...facts,
  }));
  await database.task.createMany({ data: rows });
  return rows.map(({ id }) => id);
};

const warm = (slots: number) =>
  database.worker.create({
    data: { id: randomUUID(), models: [model], provider: 'cpu', lastSeenAt: new Date(), slots },
  });

const end = async (id: string, stage: 'fetch' | 'device' = 'device') => {
  const claim = await claimTask(database, id, stage);
  if (claim) await failTask(database, claim, { code: 'inferenceError', message: '', details: {} });
};

/** Feeds and ends, one task at a time, until `count` tasks were fed. */
const run = async (count: number): Promise<string[]> => {
  const order: string[] = [];
  while (order.length < count) {
    const { taskIds } = await feedDevice(database, model);
    if (taskIds.length === 0) break;
    order.push(...taskIds);
    for (const id of taskIds) await end(id);
  }
  return order;
};

const ownersOf = async (ids: readonly string[]) => {
  const rows = await database.task.findMany({ where: { id: { in: [...ids] } } });
  const names = new Map(Object.entries(owners).map(([name, id]) => [id, name]));
  return ids.map((id) => names.get(rows.find((row) => row.id === id)?.ownerId ?? ''));
};

describe('feeding a model', () => {
  it('gives the queue a quarter more tasks than the warm workers have slots, and two if there is no worker', async () => {
    await add(owners.a, 20);
    expect((await feedDevice(database, model)).taskIds).toHaveLength(2);
    await warm(2);
    expect((await feedDevice(database, model)).taskIds).toHaveLength(1);
    await warm(6);
    expect((await feedDevice(database, model)).taskIds).toHaveLength(7);
    expect((await feedDevice(database, model)).taskIds).toEqual([]);
  });

  it('feeds a task once, whatever the number of feeders', async () => {
    const ids = await add(owners.a, 30);
    await warm(24);
    const feeds = await Promise.all(Array.from({ length: 8 }, () => feedDevice(database, model)));
    const fed = feeds.flatMap(({ taskIds }) => taskIds);
    expect(new Set(fed).size).toBe(fed.length);
    expect(fed.toSorted()).toEqual(ids);
  });

  it('takes one task of each owner in turn, and a newcomer next', async () => {
    await add(owners.a, 50);
    await run(10);
    await add(owners.b, 5);
    expect(await ownersOf(await run(6))).toEqual(expect.arrayContaining(['a', 'b', 'a', 'b', 'a', 'b']));
    const [single] = await add(owners.c);
    expect((await run(2)).includes(single ?? '')).toBe(true);
  });

  it('gives an owner its share, and nothing for the time in which it had no tasks', async () => {
    await add(owners.a, 40);
    await run(20);
    await add(owners.c, 60);
    const order = await ownersOf(await run(40));
    expect(order.filter((name) => name === 'c').length).toBeGreaterThanOrEqual(29);
    expect(order.filter((name) => name === 'c').length).toBeLessThanOrEqual(31);
  });

  it('takes tasks with a waiting caller before the others, and after four of them one of the others', async () => {
    const slow = await add(owners.a, 20);
    const urgent = await add(owners.a, 20, { isSync: true });
    const order = await run(15);
    expect(order.slice(0, 4)).toEqual(urgent.slice(0, 4));
    expect(order.filter((id) => slow.includes(id))).toEqual(slow.slice(0, 3));
  });

  it('takes the urgent ones of an owner first: by priority, then deadline, then age', async () => {
    const [old] = await add(owners.a);
    const [low] = await add(owners.a, 1, { priority: -1 });
    const [late] = await add(owners.a, 1, { deadlineAt: new Date(Date.now() + 60_000) });
    const [soon] = await add(owners.a, 1, { deadlineAt: new Date(Date.now() + 1_000) });
    const [high] = await add(owners.a, 1, { priority: 1 });
    expect(await run(5)).toEqual([high, soon, late, old, low]);
  });

  it('feeds each model by itself', async () => {
    const [other] = await add(owners.a, 1, { model: 'acme:1@1' });
    await add(owners.a);
    expect((await waitingLanes(database)).toSorted()).toEqual(['acme:1@1', model]);
    expect((await feedDevice(database, 'acme:1@1')).taskIds).toEqual([other]);
    expect(await waitingLanes(database)).toEqual([model]);
  });
});

describe('feeding fetches', () => {
  const fetches = (ownerId: string, count: number, remoteHost: string) =>
    add(ownerId, count, { stage: 'fetch', remoteHost });

  it('gives one host half of the places, and one owner three quarters', async () => {
    await fetches(owners.a, 40, 'one.example');
    expect((await feedRemote(database, 'fetch')).taskIds).toHaveLength(8);
    for (const host of ['two.example', 'three.example']) await fetches(owners.a, 40, host);
    expect((await feedRemote(database, 'fetch')).taskIds).toHaveLength(4);
    const [single] = await fetches(owners.b, 1, 'four.example');
    expect((await feedRemote(database, 'fetch')).taskIds).toEqual([single]);
  });

  it('is fair between owners of a busy host', async () => {
    await fetches(owners.a, 40, 'one.example');
    const own = await fetches(owners.b, 2, 'one.example');
    expect((await feedRemote(database, 'fetch')).taskIds).toEqual(expect.arrayContaining(own));
  });

  it('does not mix stages', async () => {
    await fetches(owners.a, 1, 'one.example');
    await add(owners.a, 1, { stage: 'upload', remoteHost: 'one.example' });
    expect((await feedDevice(database, model)).taskIds).toEqual([]);
    expect((await waitingLanes(database)).toSorted()).toEqual(['fetch', 'upload']);
    expect((await feedRemote(database, 'upload')).taskIds).toHaveLength(1);
    expect((await feedRemote(database, 'fetch')).taskIds).toHaveLength(1);
  });
});

describe('a task that waits out a trouble', () => {
  it('keeps no place from others, and waits for a place again after its pause', async () => {
    const [first = '', second = ''] = await add(owners.a, 2);
    const { taskIds } = await feedDevice(database, model);
    expect(taskIds).toEqual([first, second]);
    const [third] = await add(owners.a);
    const claim = await claimTask(database, first);
    if (claim) await postponeTask(database, claim, 600_000);
    expect((await feedDevice(database, model)).taskIds).toEqual([third]);

    await end(second);
    await endPauses(database);
    expect((await feedDevice(database, model)).taskIds).toEqual([]);
    await database.task.update({ where: { id: first }, data: { waitUntil: new Date(Date.now() - 1_000) } });
    await endPauses(database);
    // Its former job may still be in hand, so the next one needs another id.
    expect((await feedDevice(database, model)).jobs).toEqual([{ taskId: first, returns: 1 }]);
    expect(await claimTask(database, first)).toMatchObject({ waits: 1, attempt: 2, stalls: 0 });
  });
});
