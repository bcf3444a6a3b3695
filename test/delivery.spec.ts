import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findOwner, putKey, settleAttempt, takeDueDeliveries, useImage, type TaskRow } from '#database';
import { createTaskQueue, type TaskQueue } from '#queue';
import { runSql } from '#test/databases';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver, type Reply } from '#test/receiver';
import { insertFailed, insertRemoval, insertSucceeded, type RemovalOptions } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const dispatcherOptions = { delaysMs: [20, 20, 20], deliveries: { everyMs: 20, graceMs: 100 } };

let service: Service;
let receiver: Receiver;
let paths = 0;

/** A path that only this test uses, with its answers. */
const newPath = (...replies: Reply[]): string => {
  const path = `/hook-${++paths}`;
  receiver.answer(path, ...replies);
  return path;
};
const urlOf = (path: string) => `${receiver.url}${path}?token=secret`;
const readTask = (id: string) => service.database.task.findUniqueOrThrow({ where: { id } });
const readImage = (id: string) => service.database.image.findUniqueOrThrow({ where: { id } });
const filePath = (storageKey: string) => join(service.config.DATA_DIR, 'images', storageKey);
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
const ended = (id: string): Promise<TaskRow> =>
  until('the end of the task', async () => {
    const task = await readTask(id);
    return task.finishedAt && task;
  });

beforeAll(async () => {
  receiver = await startReceiver();
  service = await startService({
    env: { OUTBOUND_ALLOW: '127.0.0.1', WORKER_CONCURRENCY: '2' },
    workerOptions: { uploadDelaysMs: [10, 10, 10], graceMs: 100 },
    dispatcherOptions,
  });
});
afterAll(async () => {
  await service.stop();
  await receiver.stop();
});

describe('the upload to an uploadEndpoint', () => {
  let pictures: PictureServer;
  let queue: TaskQueue;
  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    queue = createTaskQueue(service.config, (error) => {
      throw error;
    });
    await service.worker.start();
  });
  afterAll(async () => {
    await service.worker.stop();
    await queue.close();
    await pictures.stop();
  });

  const run = async (uploadUrl: string, more: RemovalOptions = {}): Promise<TaskRow> => {
    const task = await insertRemoval(service, { imageUrl: pictures.url, uploadUrl, ...more });
    await queue.add({ taskId: task.id, lane: 'runware:109@1' });
    return task;
  };

  it('sends the exact bytes before the task succeeds', async () => {
    const path = newPath(200);
    const task = await ended((await run(urlOf(path), { request: { outputFormat: 'WEBP' } })).id);
    expect(task).toMatchObject({ state: 'succeeded', uploadUrl: null, uploadMs: expect.any(Number) });

    const { storageKey } = await readImage(task.outputImageId);
    const bytes = await readFile(filePath(storageKey));
    const [put] = receiver.received(path);
    expect(put).toMatchObject({
      method: 'PUT',
      headers: { 'content-type': 'image/webp', 'content-length': `${bytes.length}` },
    });
    expect(put?.body.equals(bytes)).toBe(true);
    expect(receiver.received(path)).toHaveLength(1);
  });

  it('is repeated after a 503', async () => {
    const path = newPath(503, 200);
    expect((await ended((await run(urlOf(path))).id)).state).toBe('succeeded');
    expect(receiver.received(path)).toHaveLength(2);
  });

  it('fails its task when the endpoint keeps failing, and leaves nothing behind', async () => {
    const path = newPath(500);
    const task = await ended((await run(urlOf(path))).id);
    expect(task).toMatchObject({
      state: 'failed',
      uploadUrl: null,
      problem: { code: 'uploadFailed', details: { parameter: 'uploadEndpoint' } },
    });
    expect(JSON.stringify(task.problem)).toContain('status 500');
    expect(JSON.stringify(task)).not.toContain('secret');
    expect(receiver.received(path)).toHaveLength(4);

    const id = task.outputImageId;
    const key = `outputs/${id.slice(0, 2)}/${id}.png`;
    await until('the bytes to go', async () => !(await exists(filePath(key))));
    expect(await service.database.image.count({ where: { id } })).toBe(0);
  });

  it.each([[302], [403]])('is not repeated after a %i', async (status) => {
    const path = newPath({ status, headers: { location: urlOf('/elsewhere') } });
    const task = await ended((await run(urlOf(path))).id);
    expect(task.problem).toMatchObject({ code: 'uploadFailed' });
    expect(receiver.received(path)).toHaveLength(1);
    expect(receiver.received('/elsewhere')).toHaveLength(0);
  });

  it('never goes to a private address', async () => {
    const task = await ended((await run('http://10.0.0.1/put?token=secret')).id);
    expect(task.problem).toMatchObject({
      code: 'invalidUploadEndpoint',
      details: { parameter: 'uploadEndpoint' },
    });
  });

  it('is made by the next worker when the first one stops meanwhile', async () => {
    const path = newPath('hold', 200);
    const { id } = await run(urlOf(path));
    await until('the upload', () => receiver.received(path).length === 1);
    await service.worker.stop();
    expect((await readTask(id)).state).toBe('queued');

    await service.worker.start();
    expect((await ended(id)).state).toBe('succeeded');
    const [first, second] = receiver.received(path);
    expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
  });
});

describe('a webhook', () => {
  afterEach(async () => {
    receiver.release();
    await Promise.all([service.dispatcher.stop(), service.otherDispatcher.stop()]);
    await service.database.delivery.deleteMany();
  });

  const readDelivery = (taskId: string) =>
    service.database.delivery.findUniqueOrThrow({
      where: { taskId },
      include: { log: { orderBy: { id: 'asc' } } },
    });
  const stateIs = (taskId: string, state: string) =>
    until(`the delivery to be ${state}`, async () => {
      const delivery = await readDelivery(taskId);
      return delivery.state === state ? delivery : undefined;
    });
  const bodyOf = (path: string): unknown => JSON.parse(String(receiver.received(path)[0]?.body));
  const succeed = (path: string, more: RemovalOptions = {}) =>
    insertSucceeded(service, { webhookUrl: urlOf(path), ...more });

  it("is recorded when the task ends, and the task's secrets are deleted", async () => {
    const { id } = await succeed(newPath(), { uploadUrl: 'http://127.0.0.1/put' });
    expect(await readTask(id)).toMatchObject({ webhookUrl: null, uploadUrl: null });
    expect(await readDelivery(id)).toMatchObject({ state: 'pending', attempts: 0 });
    const plain = await insertSucceeded(service);
    expect(await service.database.delivery.count({ where: { taskId: plain.id } })).toBe(0);
  });

  it('carries the result at the top and in the envelope', async () => {
    const path = newPath();
    const { id, taskUuidSent, outputImageId, inputImageId } = await succeed(path, {
      request: { includeCost: true },
    });
    await service.dispatcher.start();
    const delivery = await stateIs(id, 'delivered');

    const end = {
      taskType: 'removeBackground',
      taskUUID: taskUuidSent,
      imageUUID: outputImageId,
      inputImageUUID: inputImageId,
      imageURL: `${service.config.PUBLIC_URL}/images/${outputImageId}.png`,
      status: 'success',
      cost: 0.0006,
    };
    expect(bodyOf(path)).toEqual({ ...end, data: [end] });
    expect(receiver.received(path)).toMatchObject([
      { method: 'POST', headers: { 'content-type': 'application/json', 'webhook-id': delivery.id } },
    ]);
    expect(delivery).toMatchObject({ attempts: 1, url: null, endedAt: expect.any(Date) });
    expect(delivery.log).toMatchObject([{ status: 200, error: null, ms: expect.any(Number) }]);
  });

  it('carries the base64 image if requested, and the fields of the newer form', async () => {
    const path = newPath();
    const request = { outputType: 'base64Data', isNewerForm: true };
    const { id, outputImageId } = await succeed(path, { request });
    const file = filePath(`outputs/${outputImageId}.png`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'cutout');
    await service.dispatcher.start();
    await stateIs(id, 'delivered');

    const imageBase64Data = Buffer.from('cutout').toString('base64');
    expect(bodyOf(path)).toMatchObject({ imageBase64Data, mediaUUID: outputImageId, result: 'success' });
  });

  it('carries the error of a failed task', async () => {
    const path = newPath();
    const problem = {
      code: 'invalidInputImage',
      message: 'The PNG ends early.',
      details: { parameter: 'inputImage' },
    } as const;
    const { id, taskUuidSent } = await insertFailed(service, problem, { webhookUrl: urlOf(path) });
    await service.dispatcher.start();
    await stateIs(id, 'delivered');

    const { details, ...rest } = problem;
    const routing = { taskType: 'removeBackground', taskUUID: taskUuidSent, status: 'error' };
    expect(bodyOf(path)).toEqual({ ...routing, errors: [{ ...rest, ...details, ...routing }] });
  });

  it('carries the same error as getResponse when the result has expired', async () => {
    const path = newPath();
    const { id, taskUuidSent: taskUUID, outputImageId } = await succeed(path);
    const expiresAt = new Date(Date.now() - 1_000);
    await service.database.image.update({ where: { id: outputImageId }, data: { expiresAt } });
    await service.dispatcher.start();
    await stateIs(id, 'delivered');

    const { errors } = await service.post([{ taskType: 'getResponse', taskUUID }]);
    expect(errors[0]).toMatchObject({ code: 'mediaExpired', taskUUID });
    const { code, message } = errors[0]!;
    expect(bodyOf(path)).toMatchObject({ taskUUID, status: 'error', errors: [{ code, message }] });
  });

  it('is sent as soon as a task ends', async () => {
    const path = newPath();
    await service.dispatcher.start();
    const { id } = await succeed(path);
    await stateIs(id, 'delivered');
  });

  it('is repeated with the same id until the receiver accepts it', async () => {
    const elsewhere = newPath();
    const path = newPath({ status: 307, headers: { location: urlOf(elsewhere) } }, 500, 404, 204);
    const { id } = await succeed(path);
    await service.dispatcher.start();
    const { log, attempts } = await stateIs(id, 'delivered');

    expect([attempts, log.map(({ status }) => status)]).toEqual([4, [307, 500, 404, 204]]);
    expect(new Set(receiver.received(path).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(receiver.received(elsewhere)).toEqual([]);
  });

  it('fails after its last attempt', async () => {
    const path = newPath(500);
    const { id } = await succeed(path);
    await service.dispatcher.start();
    const delivery = await stateIs(id, 'failed');
    // Its sealed address stays, so that an operator can replay it.
    const url = expect.stringMatching(/^sealed:/);
    expect(delivery).toMatchObject({ url, attempts: 4, endedAt: expect.any(Date) });
    expect(delivery.log).toHaveLength(4);
  });

  it('stops at once when the receiver answers 410', async () => {
    const path = newPath(410);
    const { id } = await succeed(path);
    await service.dispatcher.start();
    expect(await stateIs(id, 'stopped')).toMatchObject({ url: null, attempts: 1 });
  });

  it('waits as long as Retry-After says', async () => {
    const path = newPath({ status: 429, headers: { 'retry-after': '1' } }, 200);
    const { id } = await succeed(path);
    await service.dispatcher.start();
    await stateIs(id, 'delivered');
    const [first, second] = receiver.received(path);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900);
  });

  it('never goes to a private address, and its log does not reveal the secret', async () => {
    const webhookUrl = 'http://10.0.0.1/secret-path?token=secret';
    const { id } = await insertSucceeded(service, { webhookUrl });
    await service.dispatcher.start();
    const { log } = await stateIs(id, 'failed');
    expect(log[0]).toMatchObject({ status: null, error: expect.stringContaining('not public') });
    expect(JSON.stringify(log)).not.toContain('secret');
  });

  it('is sent again after the dispatcher stopped during it, without counting the attempt', async () => {
    const path = newPath('hold', 200);
    const { id } = await succeed(path);
    await service.dispatcher.start();
    await until('the call', () => receiver.received(path).length === 1);
    await service.dispatcher.stop();
    expect(await readDelivery(id)).toMatchObject({ state: 'pending', attempts: 0, log: [] });

    await service.dispatcher.start();
    const delivery = await stateIs(id, 'delivered');
    expect(receiver.received(path).map(({ headers }) => headers['webhook-id'])).toEqual([
      delivery.id,
      delivery.id,
    ]);
  });

  it('is sent by another dispatcher when the first one vanished', async () => {
    const path = newPath();
    const { id } = await succeed(path);
    const inHand = { byEndpoint: {}, byName: {}, byOwner: {}, closed: [], probed: [] };
    const options = { limit: 1, inHand, leaseMs: 600_000 };
    const [taken] = await takeDueDeliveries(service.database, options);
    expect(taken).toMatchObject({ taskId: id, attempts: 1 });
    expect(await takeDueDeliveries(service.database, options)).toEqual([]);

    const end = `UPDATE deliveries SET next_attempt_at = now() WHERE id = '${taken?.id}'`;
    await runSql(service.config.DATABASE_URL, end);
    await service.dispatcher.start();
    expect(await stateIs(id, 'delivered')).toMatchObject({ attempts: 2 });
    if (taken) await settleAttempt(service.database, taken, { ms: 1 }, { end: 'failed' });
    if (taken) await settleAttempt(service.database, taken, { ms: 1 }, { retryInMs: 0 });
    expect(await readDelivery(id)).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('is sent once when two dispatchers run', async () => {
    const all = Array.from({ length: 24 }, () => newPath());
    const tasks = await Promise.all(all.map((path) => succeed(path)));
    await Promise.all([service.dispatcher.start(), service.otherDispatcher.start()]);
    for (const { id } of tasks) expect(await stateIs(id, 'delivered')).toMatchObject({ attempts: 1 });
    expect(all.map((path) => receiver.received(path).length)).toEqual(all.map(() => 1));
  });

  it("does not wait for another owner's receivers, even on the same host", async () => {
    const slow = await Promise.all([1, 2, 3, 4, 5].map(() => startReceiver()));
    slow.forEach((each) => each.answer('/slow', 'hold'));
    await putKey(service.database, 'flood', 'cc_flood');
    const flood = (await findOwner(service.database, 'cc_flood'))?.id ?? '';
    try {
      for (let i = 0; i < 80; i++)
        await insertSucceeded(service, { webhookUrl: `${slow[i % 5]?.url}/slow`, ownerId: flood });
      // One of the same host, and one of an endpoint that hangs for the other owner.
      slow[0]?.answer('/good', 200);
      const { id } = await succeed(newPath());
      const shared = await insertSucceeded(service, { webhookUrl: `${slow[0]?.url}/good` });
      await service.dispatcher.start();
      await stateIs(id, 'delivered');
      await stateIs(shared.id, 'delivered');
      const ended = { delivery: { task: { ownerId: flood } } };
      expect(await service.database.deliveryAttempt.count({ where: ended })).toBe(0);
      const asked = () => slow.reduce((sum, each) => sum + each.received('/slow').length, 0);
      await until('the slow ports to be asked', () => asked() === 16);
    } finally {
      await service.dispatcher.stop();
      await Promise.all(slow.map((each) => each.stop()));
      await service.database.delivery.deleteMany({ where: { task: { ownerId: flood } } });
    }
  });

  it('does not wait for the receivers of other hosts', async () => {
    const slow = await startReceiver();
    slow.answer('/slow', 'hold');
    try {
      const webhookUrl = `${slow.url}/slow`;
      for (let i = 0; i < 20; i++) await insertSucceeded(service, { webhookUrl });
      const tasks = await Promise.all([1, 2, 3].map(() => succeed(newPath())));
      await service.dispatcher.start();
      for (const { id } of tasks) await stateIs(id, 'delivered');
      await until('the slow host to be asked', () => slow.received('/slow').length === 4);
      expect(await service.database.delivery.count({ where: { attempts: 1, state: 'pending' } })).toBe(4);
    } finally {
      await slow.stop();
    }
  });
});

describe('the expiry of images', () => {
  afterEach(() => service.dispatcher.stop());

  const store = async (more: RemovalOptions = {}) => {
    const { outputImageId, ownerId } = await insertSucceeded(service, more);
    const image = await readImage(outputImageId);
    const file = filePath(image.storageKey);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'cutout');
    return { image, file, ownerId };
  };
  const sql = (text: string) => runSql(service.config.DATABASE_URL, text);
  const isDeleted = (id: string) => until('the deletion', async () => (await readImage(id)).deletedAt);

  it('deletes an image after its ttl but keeps its row', async () => {
    const beforeMs = Date.now();
    const { image, file, ownerId } = await store({ ttlS: 60 });
    const expiresMs = image.expiresAt?.getTime() ?? 0;
    expect(expiresMs).toBeGreaterThanOrEqual(beforeMs + 60_000);
    expect(expiresMs).toBeLessThanOrEqual(Date.now() + 60_000);
    const other = await store({ ttlS: 60 });

    await sql(`UPDATE images SET expires_at = now() - interval '1 second' WHERE id = '${image.id}'`);
    const before = await useImage(service.database, ownerId, image.id);
    expect(before?.lastUsedAt).toEqual(image.lastUsedAt);

    await service.dispatcher.start();
    await isDeleted(image.id);
    expect([await exists(file), await exists(other.file)]).toEqual([false, true]);
    expect((await readImage(other.image.id)).deletedAt).toBeNull();
  });

  it('deletes an image after 30 days without use', async () => {
    const [unused, used] = [await store(), await store()];
    await sql(
      `UPDATE images SET last_used_at = now() - interval '30 days 1 minute' WHERE id IN ('${unused.image.id}', '${used.image.id}')`,
    );
    expect(await useImage(service.database, used.ownerId, used.image.id)).toMatchObject({ deletedAt: null });

    await service.dispatcher.start();
    await isDeleted(unused.image.id);
    expect([await exists(unused.file), await exists(used.file)]).toEqual([false, true]);
    const gone = await useImage(service.database, unused.ownerId, unused.image.id);
    expect(gone?.deletedAt).toEqual(expect.any(Date));
    expect(Date.now() - (gone?.lastUsedAt.getTime() ?? 0)).toBeGreaterThan(29 * 86_400_000);
  });

  it('continues when the bytes of one image cannot be deleted, and tries that one again', async () => {
    const [bad, good] = [await store({ ttlS: 60 }), await store({ ttlS: 60 })];
    const badFile = filePath('outputs/folder/file');
    await mkdir(dirname(badFile), { recursive: true });
    await writeFile(badFile, 'not ours');
    await sql(
      `UPDATE images SET expires_at = now() - interval '1 second' WHERE id IN ('${bad.image.id}', '${good.image.id}')`,
    );
    await sql(`UPDATE images SET storage_key = 'outputs/folder' WHERE id = '${bad.image.id}'`);

    await service.dispatcher.start();
    await isDeleted(good.image.id);
    expect((await readImage(bad.image.id)).deletedAt).toBeNull();
    await sql(`UPDATE images SET storage_key = '${bad.image.storageKey}' WHERE id = '${bad.image.id}'`);
    await isDeleted(bad.image.id);
  });
});
