import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import {
  claimTask,
  failTask,
  findOwner,
  finishTask,
  handBackOf,
  insertTask,
  isSuspect,
  releaseTask,
  type TaskRow,
} from '#database';
import { removal, type Item } from '#test/client';
import { runSql } from '#test/databases';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startService, type Service } from '#test/service';
import { HANG_MS, until } from '#test/until';
import { newTaskOf } from '#test/new-task';

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const png = await toPng(disc(40, 30));
const base64 = png.toString('base64');
const later = { deliveryMethod: 'async' };

const rowOf = (service: Service, taskUUID: string): Promise<TaskRow> =>
  service.database.task.findFirstOrThrow({ where: { taskUuid: taskUUID }, orderBy: { revision: 'desc' } });

const resultOf = (service: Service, taskUUID: string): Promise<Item> =>
  until(`the result of ${taskUUID}`, async () => {
    const { data, errors } = await service.post([{ taskType: 'getResponse', taskUUID }]);
    expect(errors).toEqual([]);
    return data.find(({ status }) => status === 'success');
  });

const stateIs = (service: Service, taskUuid: string, state: TaskRow['state']) =>
  until(`${taskUuid} to be ${state}`, () => service.database.task.count({ where: { taskUuid, state } }));

const cutEveryConnection = (service: Service) =>
  runSql(
    service.config.DATABASE_URL,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );

describe.each(backends)('the service with its queue on %s', (backend) => {
  let redis: TestRedis | undefined;
  let service: Service;
  let pictures: PictureServer;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    pictures = await startPictureServer(png);
    const env = {
      OUTBOUND_ALLOW: '127.0.0.1',
      WORKER_CONCURRENCY: '1',
      ...(redis && { REDIS_URL: redis.url }),
    };
    service = await startService({ env });
  });
  afterEach(async () => {
    pictures.release();
    pictures.send(png);
    await Promise.all([service.worker.stop(), service.dispatcher.stop()]);
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await redis?.stop();
  });

  const forgetQueue = async () => {
    if (!redis) return runSql(service.config.DATABASE_URL, 'TRUNCATE bullmq.job CASCADE');
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
  };

  it('finishes tasks that it accepted while no worker ran', async () => {
    const tasks = [1, 2, 3].map(() => removal(base64, later));
    const { status, data } = await service.post(tasks);
    expect([status, data.length]).toEqual([200, 3]);

    await service.worker.start();
    for (const { taskUUID } of tasks) await resultOf(service, taskUUID);
  });

  it('refuses a taskUUID with other parameters while its task is in flight, and accepts it afterwards', async () => {
    const task = removal(base64, later);
    const other = { ...task, outputFormat: 'WEBP' };
    await service.post([task]);
    const { status, errors } = await service.post([other]);
    expect([status, errors]).toMatchObject([
      400,
      [{ code: 'conflictTaskUUID', parameter: 'taskUUID', taskUUID: task.taskUUID }],
    ]);
    expect((await service.post([task])).data).toEqual([
      { taskType: 'removeBackground', taskUUID: task.taskUUID },
    ]);

    await service.worker.start();
    const first = await resultOf(service, task.taskUUID);
    expect((await service.post([other])).status).toBe(200);
    await stateIs(service, task.taskUUID, 'succeeded');
    const second = await resultOf(service, task.taskUUID);
    expect(second['imageUUID']).not.toBe(first['imageUUID']);
    expect(second.imageURL).toMatch(/\.webp$/);
    expect((await rowOf(service, task.taskUUID)).revision).toBe(2);
  });

  it('runs a failed task again when it is sent again', async () => {
    await service.worker.start();
    pictures.send(Buffer.from('no picture'));
    const task = removal(pictures.url);
    expect((await service.post([task])).errors[0]?.code).toBe('unsupportedImageFormat');

    pictures.send(png);
    expect((await service.post([task])).data[0]?.['status']).toBe('success');
    expect(await rowOf(service, task.taskUUID)).toMatchObject({ revision: 2, attempt: 1 });
  });

  it('runs a task once when 20 clients send it at the same time, and gives all the same answer', async () => {
    await service.worker.start();
    const task = removal(base64);
    const replies = await Promise.all(Array.from({ length: 20 }, () => service.post([task])));
    const [first] = replies;
    expect(first?.data[0]?.['status']).toBe('success');
    for (const { status, body } of replies) expect([status, body]).toEqual([200, first?.body]);
    const rows = await service.database.task.findMany({ where: { taskUuid: task.taskUUID } });
    expect(rows.map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('finishes its tasks although the queue lost their jobs', async () => {
    await service.worker.start();
    await service.dispatcher.start();
    pictures.hold();
    const inHand = removal(pictures.url, later);
    const waiting = removal(base64, later);
    await service.post([inHand]);
    await stateIs(service, inHand.taskUUID, 'running');
    await service.post([waiting]);
    await forgetQueue();
    pictures.release();

    await resultOf(service, inHand.taskUUID);
    await resultOf(service, waiting.taskUUID);
  });

  it('hands back the tasks of a stopping worker, and the next worker finishes them', async () => {
    await service.worker.start();
    pictures.hold();
    const asked = pictures.asked();
    const task = removal(pictures.url, later);
    await service.post([task]);
    await until('the worker to fetch', () => pictures.asked() > asked);
    await service.worker.stop();
    expect(await rowOf(service, task.taskUUID)).toMatchObject({ state: 'queued', attempt: 1, stalls: 0 });

    pictures.release();
    await service.worker.start();
    await resultOf(service, task.taskUUID);
    expect(await rowOf(service, task.taskUUID)).toMatchObject({ attempt: 2, stalls: 0 });
  });

  it('sends waiting callers away when it stops, and answers them when they return', async () => {
    const task = removal(base64);
    const waiting = service.post([task]);
    await stateIs(service, task.taskUUID, 'queued');
    const start = performance.now();
    await service.gateway.stop();
    expect(performance.now() - start).toBeLessThan(HANG_MS);
    const { status, errors } = await waiting;
    const { taskType, taskUUID } = task;
    expect([status, errors]).toMatchObject([503, [{ code: 'serviceUnavailable', taskType, taskUUID }]]);

    await service.gateway.start();
    await service.worker.start();
    const again = await service.post([task]);
    expect(again.data).toMatchObject([{ status: 'success', taskUUID }]);
    expect((await service.post([task])).data).toEqual(again.data);
    expect(await rowOf(service, taskUUID)).toMatchObject({ revision: 1, attempt: 1 });
  });

  it('continues after the database closed all connections', async () => {
    await service.worker.start();
    await service.dispatcher.start();
    await cutEveryConnection(service);
    const task = removal(base64);
    await until('a result', async () => (await service.post([task])).data[0]?.['status'] === 'success');
    await cutEveryConnection(service);
    await until(
      'another',
      async () => (await service.post([removal(base64)])).data[0]?.['status'] === 'success',
    );
  });

  if (backend === 'Redis') {
    it('accepts tasks while Redis is away, and finishes them once it is back', async () => {
      await service.worker.start();
      await service.dispatcher.start();
      await redis?.stop();
      const task = removal(base64, later);
      const { status, ms, data } = await service.post([task]);
      expect([status, data[0]?.taskUUID]).toEqual([200, task.taskUUID]);
      expect(ms).toBeLessThan(HANG_MS);
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);

      await redis?.start();
      await resultOf(service, task.taskUUID);
      await until('readiness', async () => (await fetch(`${service.url}/health/ready`)).status === 200);
    });
  }
});

describe('the service', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ env: { SYNC_TIMEOUT_S: '1' } });
  });
  afterEach(() => service.worker.stop());
  afterAll(() => service.stop());

  it('tells a sync caller after the timeout that the task goes on, and returns the result later', async () => {
    const task = removal(base64);
    const { status, errors, ms } = await service.post([task]);
    const { taskType, taskUUID } = task;
    expect([status, errors]).toMatchObject([504, [{ code: 'processingTimeout', taskType, taskUUID }]]);
    expect(ms).toBeGreaterThanOrEqual(1000);
    const { data } = await service.post([{ taskType: 'getResponse', taskUUID }]);
    const waiting = { stage: 'waiting', queuePosition: 1, waitsForWorker: true };
    expect(data).toEqual([{ taskType, taskUUID, status: 'processing', ...waiting }]);

    await service.worker.start();
    await resultOf(service, taskUUID);
    expect((await service.post([task])).data[0]?.['status']).toBe('success');
  });

  it('stops in time although a client has sent half a request', async () => {
    const { port, hostname } = new URL(service.url);
    const client = connect(Number(port), hostname);
    client.on('error', () => undefined);
    client.write(
      'POST /v1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[',
    );
    await new Promise((resolve) => client.once('connect', resolve));
    expect((await service.post([{ taskType: 'ping' }])).status).toBe(200);

    const start = performance.now();
    await service.gateway.stop();
    expect(performance.now() - start).toBeLessThan(HANG_MS);
    client.destroy();
    await service.gateway.start();
  });
});

describe('a waiting caller', () => {
  it('learns of the end when the notification is lost', async () => {
    const service = await startService();
    try {
      await runSql(service.config.DATABASE_URL, 'ALTER TABLE tasks DISABLE TRIGGER task_finished');
      await service.worker.start();
      const { data, ms } = await service.post([removal(base64)]);
      expect(data[0]?.['status']).toBe('success');
      expect(ms).toBeLessThan(HANG_MS);
    } finally {
      await service.stop();
    }
  });
});

describe('a claim', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  /** A queued row without a job. */
  const newTask = async (): Promise<TaskRow> => {
    const owner = await findOwner(service.database, service.key);
    const task = await insertTask(service.database, newTaskOf(owner?.id ?? ''), 1);
    if (!task) throw new Error('the task was not inserted');
    return task;
  };
  const claim = async (id: string): Promise<TaskRow> => {
    const task = await claimTask(service.database, id);
    if (!task) throw new Error('the task could not be claimed');
    return task;
  };
  const success = ({ outputImageId: id, ownerId }: TaskRow) => ({
    image: { id, ownerId, storageKey: `${id}.png`, contentType: 'image/png', bytes: 1, width: 1, height: 1 },
    cost: '0.0006',
    run: { provider: 'cpu', device: 'cpu', weightsSha256: '' },
    stages: {},
  });
  const problem = { code: 'inferenceError', message: 'It failed.', details: {} } as const;
  const read = (id: string) => service.database.task.findUniqueOrThrow({ where: { id } });

  it('writes nothing after another claim', async () => {
    const { id } = await newTask();
    const first = await claim(id);
    const second = await claim(id);
    const before = await read(id);

    expect((await finishTask(service.database, first, success(first))).kept).toBe(false);
    expect(await failTask(service.database, first, problem)).toBe(false);
    await releaseTask(service.database, first);
    expect(await read(id)).toEqual(before);
    expect(await service.database.image.count({ where: { id: first.outputImageId } })).toBe(0);

    expect((await finishTask(service.database, second, success(second))).kept).toBe(true);
    expect(await read(id)).toMatchObject({ state: 'succeeded', attempt: 2, stalls: 1 });
    expect(await service.database.image.count({ where: { id: first.outputImageId } })).toBe(1);
  });

  it('ends a task only once, and an ended task cannot be claimed', async () => {
    const { id } = await newTask();
    const held = await claim(id);
    expect(await failTask(service.database, held, problem)).toBe(true);
    expect((await finishTask(service.database, held, success(held))).kept).toBe(false);
    expect(await claimTask(service.database, id)).toBeUndefined();
    expect(await read(id)).toMatchObject({ state: 'failed', problem });
  });

  it('can be taken ten times at once, but only the last one ends the task', async () => {
    const { id } = await newTask();
    const claims = await Promise.all(Array.from({ length: 10 }, () => claimTask(service.database, id)));
    const ends = await Promise.all(
      claims.map(async (held) => held && (await finishTask(service.database, held, success(held)))),
    );
    expect(ends.filter((end) => end?.kept)).toHaveLength(1);
    expect((await read(id)).attempt).toBe(10);
  });

  it('of a task that was handed back does not count as a stall', async () => {
    const { id } = await newTask();
    await releaseTask(service.database, await claim(id));
    expect(await claim(id)).toMatchObject({ attempt: 2, stalls: 0 });
  });

  it('makes the worker run a task alone that stalled often, however its workers ended', async () => {
    const task = removal(base64, later);
    await service.post([task]);
    const { id } = await rowOf(service, task.taskUUID);
    await until('its job', async () => (await read(id)).fedAt !== null);
    for (let crash = 0; crash < 3; crash++) await claim(id);

    await service.worker.start();
    await resultOf(service, task.taskUUID);
    expect(await read(id)).toMatchObject({ state: 'succeeded', stalls: 3, runsAlone: true });
  });

  it('is not taken from a worker that lives, and leaves a suspect to a worker that is alone', async () => {
    const { id } = await newTask();
    const [one, other] = [randomUUID(), randomUUID()].map((workerId) => ({ workerId, isAlone: false }));
    expect(await claimTask(service.database, id, 'device', one)).toMatchObject({ attempt: 1, stalls: 0 });
    expect(await claimTask(service.database, id, 'device', other)).toBeUndefined();

    for (const stalls of [1, 2]) {
      const [handedBack] = await handBackOf(service.database, one?.workerId ?? '', true);
      expect(handedBack).toMatchObject({ taskId: id, stalls });
      if (stalls === 1) await claimTask(service.database, id, 'device', one);
    }
    expect(await claimTask(service.database, id, 'device', other)).toBeUndefined();
    expect(await isSuspect(service.database, id)).toBe(true);
    const alone = { workerId: randomUUID(), isAlone: true };
    expect(await claimTask(service.database, id, 'device', alone)).toMatchObject({
      runsAlone: true,
      stalls: 2,
    });
  });

  it('of a worker that ended by a signal of others makes no task poison', async () => {
    const { id } = await newTask();
    const claimant = { workerId: randomUUID(), isAlone: true };
    for (const isOwnFault of [false, false, false, true]) {
      await claimTask(service.database, id, 'device', claimant);
      expect((await read(id)).poisonedAt).toBeNull();
      await handBackOf(service.database, claimant.workerId, isOwnFault);
    }
    expect((await read(id)).poisonedAt).not.toBeNull();
    expect(await claimTask(service.database, id, 'device', claimant)).toBeUndefined();
  });
});
