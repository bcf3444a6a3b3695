import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findUsage, putKey } from '#database';
import { createClient, removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { startReceiver, type Receiver } from '#test/receiver';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startService, type Service } from '#test/service';
import { connect, itemOf } from '#test/socket-client';
import { until } from '#test/until';

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const picture = await toPng(disc(60, 40));
const photo = picture.toString('base64');

describe.each(backends)('with the queue on %s, a task', (backend) => {
  let service: Service;
  let pictures: PictureServer;
  let receiver: Receiver;
  let redis: TestRedis | undefined;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    pictures = await startPictureServer(picture);
    receiver = await startReceiver();
    service = await startService({
      env: { OUTBOUND_ALLOW: '127.0.0.1', WORKER_CONCURRENCY: '1', ...(redis && { REDIS_URL: redis.url }) },
      dispatcherOptions: { deliveries: { everyMs: 20 } },
    });
    await service.dispatcher.start();
  });
  afterEach(async () => {
    pictures.release();
    await service.worker.stop();
    await service.database.task.updateMany({
      where: { finishedAt: null },
      data: {
        state: 'failed',
        finishedAt: new Date(),
        problem: { code: 'inferenceError', message: '', details: {} },
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await receiver.stop();
    await redis?.stop();
  });

  const one = async (task: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const { data, errors, status } = await service.post([task]);
    return { httpStatus: status, ...data[0], ...errors[0] };
  };
  const cancel = (taskUUID: string) => one({ taskType: 'cancelTask', taskUUID });
  const rowOf = (taskUUID: string) =>
    service.database.task.findFirst({ where: { taskUuid: taskUUID }, orderBy: { revision: 'desc' } });
  const stateOf = async (taskUUID: string) => (await rowOf(taskUUID))?.state;
  const codeOf = async (taskUUID: string) =>
    ((await rowOf(taskUUID))?.problem as { code?: string } | null | undefined)?.code;
  const ended = (taskUUID: string) =>
    until('the end of the task', async () => {
      const row = await rowOf(taskUUID);
      return row?.finishedAt ? row : undefined;
    });
  const send = async (inputImage: string, more: Record<string, unknown> = {}) => {
    const task = removal(inputImage, { deliveryMethod: 'async', ...more });
    expect((await service.post([task])).errors).toEqual([]);
    return task;
  };
  const statusOf = async (taskUUID: string) =>
    (await one({ taskType: 'getTaskDetails', taskUUID }))['status'];

  it('that waits is cancelled at once, and its webhook tells it', async () => {
    const webhookURL = `${receiver.url}/cancelled-${backend}`;
    const { taskUUID } = await send(pictures.url, { webhookURL, uploadEndpoint: `${receiver.url}/put` });
    expect(await cancel(taskUUID)).toMatchObject({ taskType: 'cancelTask', taskUUID, status: 'cancelled' });
    expect(await rowOf(taskUUID)).toMatchObject({
      state: 'failed',
      cost: null,
      inputUrl: null,
      uploadUrl: null,
      webhookUrl: null,
      attempt: 0,
    });
    const [told] = await until('the webhook', () => {
      const all = receiver.received(`/cancelled-${backend}`);
      return all.length > 0 ? all : undefined;
    });
    expect(JSON.parse(String(told?.body))).toMatchObject({
      taskUUID,
      status: 'error',
      errors: [{ code: 'taskCancelled', taskUUID, status: 'error', state: 'cancelled' }],
    });
    expect(await one({ taskType: 'getResponse', taskUUID })).toMatchObject({
      code: 'taskCancelled',
      status: 'error',
      state: 'cancelled',
    });
    expect(await statusOf(taskUUID)).toBe('cancelled');
    expect(await cancel(taskUUID)).toMatchObject({ status: 'cancelled' });
  });

  it('that waits is counted as one that failed and cost nothing when it is cancelled', async () => {
    const used = async () => (await findUsage(service.database, { by: [], keyName: 'local' }))[0];
    const { tasks = 0, failed = 0, costUsd } = (await used()) ?? {};
    const { taskUUID } = await send(photo);
    await cancel(taskUUID);
    expect(await used()).toMatchObject({ tasks: tasks + 1, failed: failed + 1, costUsd });
  });

  it('that waits is cancelled also while a feeder holds its row', async () => {
    const { taskUUID } = await send(photo);
    const feeder = new pg.Client({ connectionString: service.config.DATABASE_URL });
    await feeder.connect();
    try {
      await feeder.query('BEGIN');
      await feeder.query('UPDATE tasks SET fed_at = now() WHERE task_uuid = $1', [taskUUID]);
      const answer = cancel(taskUUID);
      await until('the cancel to wait for the row', async () => {
        const waiting = await service.database.$queryRaw<unknown[]>`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return waiting.length > 0;
      });
      await feeder.query('COMMIT');
      expect(await answer).toMatchObject({ status: 'cancelled' });
    } finally {
      await feeder.end();
    }
    expect(await stateOf(taskUUID)).toBe('failed');
  });

  it('of another key of the same owner can be cancelled by its taskUUID, and not by all', async () => {
    const row = await service.database.apiKey.findUniqueOrThrow({ where: { name: 'local' } });
    const [name, key] = [`sibling-${backend}`, `cc_${randomUUID()}${randomUUID()}`];
    await putKey(service.database, name, key);
    await service.database.apiKey.update({ where: { name }, data: { ownerId: row.id } });
    const sibling = removal(photo, { deliveryMethod: 'async' });
    await createClient(service.url, key).post([sibling]);
    expect(await one({ taskType: 'cancelTask', all: true })).toMatchObject({
      status: 'cancelled',
      cancelled: 0,
    });
    expect(await stateOf(sibling.taskUUID)).toBe('queued');
    expect(await cancel(sibling.taskUUID)).toMatchObject({ status: 'cancelled' });
  });

  it('that waits ends the wait of its sync caller when it is cancelled, and can be sent again', async () => {
    const task = removal(photo);
    const answer = service.post([task]);
    await until('the task', () => rowOf(task.taskUUID));
    await cancel(task.taskUUID);
    expect(await answer).toMatchObject({ status: 409, errors: [{ code: 'taskCancelled' }] });

    await service.worker.start();
    expect(await one(task)).toMatchObject({ status: 'success' });
    expect(await cancel(task.taskUUID)).toMatchObject({ status: 'success' });
    expect(await stateOf(task.taskUUID)).toBe('succeeded');
  });

  it('that runs is stopped, and its worker goes on', async () => {
    await service.worker.start();
    pictures.hold();
    const { taskUUID } = await send(pictures.url);
    await until('the run', async () => (await stateOf(taskUUID)) === 'running');
    expect(await statusOf(taskUUID)).toBe('running');
    expect(await cancel(taskUUID)).toMatchObject({ status: 'cancelling' });
    expect(await cancel(taskUUID)).toMatchObject({ status: expect.stringMatching(/^cancell(ing|ed)$/) });
    expect(await ended(taskUUID)).toMatchObject({ state: 'failed', cost: null, attempt: 1 });
    expect(await cancel(taskUUID)).toMatchObject({ status: 'cancelled' });
    pictures.release();
    expect(await one(removal(pictures.url))).toMatchObject({ status: 'success' });
  });

  it('that its worker handed back after the cancel is ended, though no worker runs', async () => {
    const { taskUUID } = await send(photo);
    await service.database.task.updateMany({
      where: { taskUuid: taskUUID },
      data: { cancelRequestedAt: new Date() },
    });
    await ended(taskUUID);
    expect(await codeOf(taskUUID)).toBe('taskCancelled');
  });

  it('whose result waits for its upload loses the result when it is cancelled', async () => {
    const { taskUUID } = await send(photo);
    const row = await rowOf(taskUUID);
    const id = row?.outputImageId ?? '';
    await service.database.image.create({
      data: {
        id,
        ownerId: row?.ownerId ?? '',
        storageKey: `outputs/${id}.png`,
        contentType: 'image/png',
        bytes: 1,
        width: 1,
        height: 1,
      },
    });
    await service.database.task.updateMany({ where: { taskUuid: taskUUID }, data: { stage: 'upload' } });
    await cancel(taskUUID);
    await until('the image to be deleted', async () =>
      service.database.image.findFirst({ where: { id, deletedAt: { not: null } } }),
    );
  });

  it('is not found by another key, or when there is none', async () => {
    const { taskUUID } = await send(photo);
    const key = `cc_${randomUUID()}${randomUUID()}`;
    await putKey(service.database, `other-${backend}`, key);
    const other = createClient(service.url, key);
    const [refused] = (await other.post([{ taskType: 'cancelTask', taskUUID }])).errors;
    expect(refused).toMatchObject({ code: 'taskNotFound', taskUUID });
    expect(await cancel(randomUUID())).toMatchObject({ httpStatus: 404, code: 'taskNotFound' });
    expect((await service.post([{ taskType: 'cancelTask' }])).errors[0]).toMatchObject({
      code: 'missingTaskUUID',
      parameter: 'taskUUID',
    });
    expect(await stateOf(taskUUID)).toBe('queued');
  });

  it('is left alone by a dry run', async () => {
    const { taskUUID } = await send(photo);
    const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const { data } = await service.post([{ taskType: 'cancelTask', taskUUID }], headers);
    expect(data).toEqual([{ taskType: 'cancelTask', taskUUID, cost: 0 }]);
    expect(await stateOf(taskUUID)).toBe('queued');
  });

  it('is cancelled with all that wait of its key, over WebSocket too, and those of others stay', async () => {
    const mine = await Promise.all(Array.from({ length: 30 }, () => send(photo)));
    const key = `cc_${randomUUID()}${randomUUID()}`;
    await putKey(service.database, `neighbour-${backend}`, key);
    const other = removal(photo, { deliveryMethod: 'async' });
    await createClient(service.url, key).post([other]);

    const client = await connect(service.url);
    await client.authenticate(service.key);
    const taskUUID = randomUUID();
    client.send([{ taskType: 'cancelTask', taskUUID, all: true }]);
    expect(itemOf(await client.frameOf(taskUUID))).toEqual({
      taskType: 'cancelTask',
      taskUUID,
      status: 'cancelled',
      cancelled: mine.length,
    });
    client.socket.terminate();
    for (const task of mine) expect(await codeOf(task.taskUUID)).toBe('taskCancelled');
    expect(await stateOf(other.taskUUID)).toBe('queued');
  });

  it('that waits is ended at its deadline', async () => {
    const beforeMs = Date.now();
    const { taskUUID } = await send(photo, { deadline: 1 });
    const deadlineMs = Number((await rowOf(taskUUID))?.deadlineAt);
    // One second after its acceptance, whenever that was; the database rounds to milliseconds.
    expect(deadlineMs).toBeGreaterThanOrEqual(beforeMs + 999);
    expect(deadlineMs).toBeLessThanOrEqual(Date.now() + 1_001);
    expect(await ended(taskUUID)).toMatchObject({ state: 'failed', attempt: 0, cost: null });
    expect(await one({ taskType: 'getResponse', taskUUID })).toMatchObject({
      code: 'deadlineExceeded',
      parameter: 'deadline',
    });
    expect(await statusOf(taskUUID)).toBe('error');
  });

  it('that runs is stopped at its deadline', async () => {
    await service.worker.start();
    pictures.hold();
    const { taskUUID } = await send(pictures.url, { deadline: 2 });
    await ended(taskUUID);
    expect(await codeOf(taskUUID)).toBe('deadlineExceeded');
  });

  it('past its deadline is not run, though no dispatcher ended it', async () => {
    await service.dispatcher.stop();
    try {
      const { taskUUID } = await send(pictures.url, { deadline: 60 });
      const where = { taskUuid: taskUUID };
      await until('the job', async () => (await rowOf(taskUUID))?.fedAt);
      await service.database.task.updateMany({ where, data: { deadlineAt: new Date(0) } });
      const asked = pictures.asked();
      await service.worker.start();
      await ended(taskUUID);
      expect(await codeOf(taskUUID)).toBe('deadlineExceeded');
      expect(pictures.asked()).toBe(asked);
    } finally {
      await service.dispatcher.start();
    }
  });

  it('with another deadline or priority is the same work', async () => {
    const task = await send(photo);
    const again = { ...task, priority: 'high', deadline: 60, cancelOnDisconnect: true };
    expect((await service.post([again])).errors).toEqual([]);
    expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(1);
  });

  it('of high priority goes before the others of its key, and one of low priority last', async () => {
    // The first two take the places in the queue.
    for (let i = 0; i < 2; i++) await send(photo);
    const sent = [];
    for (const priority of ['low', 'normal', 'high']) sent.push(await send(photo, { priority }));
    await service.worker.start();
    const rows = await Promise.all(sent.map(({ taskUUID }) => ended(taskUUID)));
    const [low = 0, normal = 0, high = 0] = rows.map(({ startedAt }) => Number(startedAt));
    expect([high < normal, normal < low]).toEqual([true, true]);
  });

  describe('with cancelOnDisconnect', () => {
    /** Sends a sync task, and leaves when `leave` is called. */
    const call = (task: Record<string, unknown>, url = service.url) => {
      const controller = new AbortController();
      const answer = fetch(`${url}/v1`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${service.key}` },
        body: JSON.stringify([task]),
        signal: controller.signal,
      }).catch(() => undefined);
      return { answer, leave: () => controller.abort() };
    };

    it('is cancelled when its caller leaves', async () => {
      const task = removal(photo, { cancelOnDisconnect: true });
      const caller = call(task);
      await until('the task', () => rowOf(task.taskUUID));
      caller.leave();
      await ended(task.taskUUID);
      expect(await codeOf(task.taskUUID)).toBe('taskCancelled');
    });

    it('goes on when another caller sent it too, at another gateway', async () => {
      await service.otherGateway.start();
      const task = removal(photo, { cancelOnDisconnect: true });
      const first = call(task);
      await until('the task', () => rowOf(task.taskUUID));
      const second = call(task, service.otherGateway.url);
      await until('the second caller', async () => !(await rowOf(task.taskUUID))?.cancelOnDisconnect);
      first.leave();
      second.leave();
      await service.worker.start();
      expect(await ended(task.taskUUID)).toMatchObject({ state: 'succeeded', revision: 1 });
    });

    it('goes on after a sync call when it was not asked for', async () => {
      const task = removal(photo);
      const caller = call(task);
      await until('the task', () => rowOf(task.taskUUID));
      caller.leave();
      await service.worker.start();
      expect(await ended(task.taskUUID)).toMatchObject({ state: 'succeeded' });
    });

    it('has no effect on an async call, which a warning says', async () => {
      const { taskUUID } = await send(photo, { cancelOnDisconnect: true });
      await service.worker.start();
      await ended(taskUUID);
      expect(await one({ taskType: 'getResponse', taskUUID })).toMatchObject({
        status: 'success',
        warnings: [{ code: 'ignoredParameter' }],
      });
    });

    it('is not cancelled when a WebSocket closes, since its session can be taken up again', async () => {
      const client = await connect(service.url);
      await client.authenticate(service.key);
      const task = removal(photo, { cancelOnDisconnect: true });
      client.send([task]);
      await until('the task', () => rowOf(task.taskUUID));
      client.socket.terminate();
      await service.worker.start();
      expect(await ended(task.taskUUID)).toMatchObject({ state: 'succeeded' });
    });
  });
});
