import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { removal, type Item } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { connect, itemOf, type SocketClient } from '#test/socket-client';
import { until } from '#test/until';

const photo = (await toPng(disc(60, 40))).toString('base64');

let service: Service;
let clients: SocketClient[] = [];
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  for (const { socket } of clients) socket.terminate();
  clients = [];
  await service.worker.stop();
  await service.database.task.deleteMany();
});
afterAll(() => service.stop());

const enter = async (session?: string) => {
  const client = await connect(service.url);
  clients.push(client);
  return { ...client, session: await client.authenticate(service.key, session) };
};
const reporting = (more: Record<string, unknown> = {}) => removal(photo, { reportProgress: true, ...more });
const about = ({ frames }: SocketClient, taskUUID: string): Item[] =>
  frames.map(itemOf).filter((item) => item.taskUUID === taskUUID);
const isEnd = ({ status }: Item) => status === 'success' || status === 'error';
const ended = (client: SocketClient, taskUUID: string) =>
  until('the end', () => (about(client, taskUUID).some(isEnd) ? about(client, taskUUID) : undefined));

describe('a task with reportProgress over WebSocket', () => {
  it('has frames of its state before its answer, and none after it', async () => {
    const client = await enter();
    const task = reporting();
    client.send([task]);
    const first = itemOf(await client.frameOf(task.taskUUID));
    expect(first).toEqual({
      taskType: 'removeBackground',
      taskUUID: task.taskUUID,
      status: 'processing',
      stage: 'waiting',
      queuePosition: 1,
      waitsForWorker: true,
    });
    await service.worker.start();
    await ended(client, task.taskUUID);
    client.send([{ taskType: 'getResponse', taskUUID: task.taskUUID }]);
    const items = await until('the poll', () => {
      const all = about(client, task.taskUUID);
      return all.filter(isEnd).length === 2 ? all : undefined;
    });
    const statuses = items.map(({ status }) => status);
    expect(statuses.slice(0, -2).every((status) => status === 'processing')).toBe(true);
    expect(statuses.slice(-2)).toEqual(['success', 'success']);
  });

  it('and async delivery is acknowledged, reported on, and answered in the end', async () => {
    const client = await enter();
    const task = reporting({ deliveryMethod: 'async' });
    client.send([task]);
    expect(itemOf(await client.frameOf(task.taskUUID, 1))).toMatchObject({ status: 'processing' });
    await service.worker.start();
    const items = await ended(client, task.taskUUID);
    expect(items[0]).toEqual({ taskType: 'removeBackground', taskUUID: task.taskUUID });
    expect(items.at(-1)).toMatchObject({ status: 'success', imageURL: expect.any(String) });
    expect(items.filter(isEnd)).toHaveLength(1);
    // The client has its answer, so the next connection need not get it again.
    await until('the end of the item', async () => (await service.database.sessionItem.count()) === 0);
  });

  it('has a frame for each change, and none without a change', async () => {
    const client = await enter();
    const before = removal(photo, { deliveryMethod: 'async' });
    const task = reporting({ deliveryMethod: 'async', priority: 'low' });
    client.send([before]);
    await client.frameOf(before.taskUUID);
    client.send([task]);
    const placeOf = (n: number) => client.frameOf(task.taskUUID, n).then((frame) => itemOf(frame));
    expect(await placeOf(1)).toMatchObject({ queuePosition: 2 });
    await service.post([{ taskType: 'cancelTask', taskUUID: before.taskUUID }]);
    expect(await placeOf(2)).toMatchObject({ queuePosition: 1 });
    await service.post([{ taskType: 'cancelTask', taskUUID: task.taskUUID }]);
    const items = await ended(client, task.taskUUID);
    expect(items).toHaveLength(4);
    expect(items.at(-1)).toMatchObject({ code: 'taskCancelled', status: 'error', state: 'cancelled' });
  });

  it('is followed later when its key follows 32 others already', async () => {
    const client = await enter();
    const tasks = Array.from({ length: 40 }, () => reporting({ deliveryMethod: 'async' }));
    client.send(tasks);
    const reported = () =>
      tasks.filter(({ taskUUID }) => about(client, taskUUID).some(({ status }) => status === 'processing'));
    // Who cancels all, cancels what is stored.
    for (const { taskUUID } of tasks) await client.frameOf(taskUUID);
    await until('32 reports', () => reported().length === 32);
    await service.post([{ taskType: 'cancelTask', all: true, taskUUID: randomUUID() }]);
    for (const { taskUUID } of tasks) {
      expect((await ended(client, taskUUID)).at(-1)).toMatchObject({ code: 'taskCancelled' });
    }
  });

  it('ends its reports with the connection', async () => {
    const leaving = await enter();
    const tasks = Array.from({ length: 32 }, () => reporting({ deliveryMethod: 'async' }));
    leaving.send(tasks);
    for (const { taskUUID } of tasks) await leaving.frameOf(taskUUID, 1);
    leaving.socket.terminate();
    const staying = await enter();
    const task = reporting({ deliveryMethod: 'async' });
    staying.send([task]);
    expect(itemOf(await staying.frameOf(task.taskUUID, 1))).toMatchObject({ status: 'processing' });
  });
});

it('a sync task without reportProgress has one frame over WebSocket', async () => {
  const client = await enter();
  const task = removal(photo);
  client.send([task]);
  await until('the task', () => service.database.task.findFirst({ where: { taskUuid: task.taskUUID } }));
  await service.worker.start();
  expect(await ended(client, task.taskUUID)).toHaveLength(1);
});

it('reportProgress has no effect over HTTP, and does not make another task', async () => {
  const task = removal(photo, { deliveryMethod: 'async' });
  for (const each of [task, { ...task, reportProgress: true }]) {
    const { data, errors } = await service.post([each]);
    expect([data, errors]).toEqual([[{ taskType: 'removeBackground', taskUUID: task.taskUUID }], []]);
  }
  expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(1);
});
