import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import sharp from 'sharp';
import { catalogue } from '#models';
import { openStorage, type Storage } from '#storage';
import { createLogger } from '#telemetry';
import { removal, type Item } from '#test/client';
import { runSql } from '#test/databases';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startS3Store, type S3Store } from '#test/s3-store';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';
import { startDispatcher } from '../apps/dispatcher/src/start-dispatcher.js';
import { startGateway } from '../apps/gateway/src/start-gateway.js';
import { startWorker } from '../apps/worker/src/start-worker.js';

let store: S3Store;
let service: Service;
let storage: Storage;
let receiver: Receiver;
let pictures: PictureServer;
let base64: string;

beforeAll(async () => {
  const png = await toPng(disc(90, 60));
  base64 = png.toString('base64');
  [store, receiver, pictures] = await Promise.all([startS3Store(), startReceiver(), startPictureServer(png)]);
  service = await startService({
    env: { ...store.env, OUTBOUND_ALLOW: '127.0.0.1' },
    dispatcherOptions: { delaysMs: [20, 20, 20], deliveries: { everyMs: 20, graceMs: 100 } },
  });
  storage = await openStorage(service.config);
  await service.worker.start();
  await service.dispatcher.start();
});
afterAll(async () => {
  await service.stop();
  storage.close();
  await Promise.all([store.stop(), receiver.stop(), pictures.stop()]);
});

const readImage = (id: unknown) => service.database.image.findUniqueOrThrow({ where: { id: String(id) } });
const ask = (item: Item | undefined, init: RequestInit = {}) => fetch(item?.imageURL ?? '', init);
const download = async (item: Item | undefined): Promise<Buffer> =>
  Buffer.from(await (await ask(item)).arrayBuffer());
const cutOut = async (inputImage: string, more: Record<string, unknown> = {}): Promise<Item> => {
  const { data, errors } = await service.post([removal(inputImage, more)]);
  expect(errors).toEqual([]);
  expect(data).toHaveLength(1);
  return data[0]!;
};
const isGone = (storageKey: string) =>
  until('the bytes to go', () =>
    storage.read(storageKey).then(
      () => false,
      (error: unknown) => error instanceof Error && 'code' in error && error.code === 'mediaNotFound',
    ),
  );

describe('a service that keeps its images in S3', () => {
  it('returns an address that leads to the bytes in the store', async () => {
    const item = await cutOut(base64);
    expect(item.imageURL).toBe(`${service.config.PUBLIC_URL}/images/${String(item['imageUUID'])}.png`);

    const answer = await ask(item, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(new URL(answer.headers.get('location') ?? '').origin).toBe(store.url);
    expect(await answer.text()).toBe('');

    const followed = await ask(item);
    expect(followed.headers.get('content-type')).toBe('image/png');
    const bytes = Buffer.from(await followed.arrayBuffer());
    const { storageKey } = await readImage(item['imageUUID']);
    expect(bytes.equals(await storage.read(storageKey))).toBe(true);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 90, height: 60, channels: 4 });
  });

  it('sends the bytes itself to a page, which may follow no redirect to another site', async () => {
    const item = await cutOut(base64);
    const { storageKey } = await readImage(item['imageUUID']);
    const stored = await storage.read(storageKey);
    // More than are sent at once.
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => fetch(`${item.imageURL}?proxied`, { redirect: 'manual' })),
    );
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
      expect(answer.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
      expect(Buffer.from(await answer.arrayBuffer()).equals(stored)).toBe(true);
    }
  });

  it('answers HEAD with an address for HEAD', async () => {
    const item = await cutOut(base64, { outputFormat: 'WEBP' });
    const head = await ask(item, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(head.url).toContain(store.url);
    const { bytes } = await readImage(item['imageUUID']);
    expect(head.headers.get('content-length')).toBe(`${bytes}`);
  });

  it("gives the same result for a URL, an uploaded image, its address and another task's input", async () => {
    const [upload] = (
      await service.post([{ taskType: 'imageUpload', taskUUID: randomUUID(), image: base64 }])
    ).data;
    expect((await download(upload)).toString('base64')).toBe(base64);
    const first = await cutOut(pictures.url);
    const asked = pictures.asked();

    const inputs = [String(upload?.['imageUUID']), upload?.imageURL ?? '', String(first['inputImageUUID'])];
    const cutouts = await Promise.all(
      [first, ...(await Promise.all(inputs.map((one) => cutOut(one))))].map(download),
    );
    expect(cutouts.map((cutout) => cutout.equals(cutouts[0]!))).toEqual([true, true, true, true]);
    expect(pictures.asked()).toBe(asked);
  });

  it('gives the same answer to a repeated task, as base64 and as an address', async () => {
    for (const outputType of ['URL', 'base64Data']) {
      const task = removal(base64, { outputType });
      const [one, two] = [await service.post([task]), await service.post([task])];
      expect(two.body).toEqual(one.body);
      expect(one.data[0]).toMatchObject({ status: 'success' });
    }
  });

  it('reads the bytes of base64Data from the store', async () => {
    const item = await cutOut(base64, { outputType: 'base64Data' });
    const { storageKey } = await readImage(item['imageUUID']);
    expect(item['imageBase64Data']).toBe((await storage.read(storageKey)).toString('base64'));
  });

  it('sends the bytes from the store in a webhook', async () => {
    const webhookURL = `${receiver.url}/hook`;
    const { taskUUID } = await cutOut(base64, { outputType: 'base64Data', webhookURL });
    const hook = await until('the webhook', () => receiver.received('/hook')[0]);
    const body = JSON.parse(hook.body.toString()) as Item;
    const { storageKey } = await readImage(body['imageUUID']);
    const imageBase64Data = (await storage.read(storageKey)).toString('base64');
    expect(body).toMatchObject({ taskUUID, imageBase64Data });
  });

  it('keeps no image on its own disk', async () => {
    await cutOut(base64);
    expect(await readdir(service.config.DATA_DIR)).not.toContain('images');
  });
});

describe('an expired image in S3', () => {
  const expire = (id: unknown) =>
    runSql(
      service.config.DATABASE_URL,
      `UPDATE images SET expires_at = now() - interval '1 second' WHERE id = '${String(id)}'`,
    );

  it('is answered with 410 after its ttl, and the dispatcher deletes its bytes', async () => {
    const item = await cutOut(base64, { ttl: 60 });
    const { storageKey } = await readImage(item['imageUUID']);
    expect((await ask(item)).status).toBe(200);

    await expire(item['imageUUID']);
    expect((await ask(item)).status).toBe(410);
    expect((await ask(item, { method: 'HEAD' })).status).toBe(410);
    await isGone(storageKey);
    await until('the row', async () => (await readImage(item['imageUUID'])).deletedAt);
    expect((await ask(item)).status).toBe(410);
  });

  it('is answered with 410 as soon as mediaStorage has deleted it', async () => {
    const item = await cutOut(base64);
    const { storageKey } = await readImage(item['imageUUID']);
    const deletion = {
      taskType: 'mediaStorage',
      taskUUID: randomUUID(),
      operation: 'delete',
      media: item['imageUUID'],
    };
    expect((await service.post([deletion])).data[0]).toMatchObject({
      operation: 'delete',
      status: 'success',
    });
    expect((await ask(item)).status).toBe(410);
    await isGone(storageKey);
  });

  it('gives the same error as on the disk when only its bytes are gone', async () => {
    const item = await cutOut(base64);
    await storage.remove((await readImage(item['imageUUID'])).storageKey);
    expect((await ask(item)).status).toBe(404);
    const { errors } = await service.post([removal(String(item['imageUUID']))]);
    expect(errors[0]).toMatchObject({ code: 'mediaNotFound' });
  });
});

describe('an S3 store that does not work', () => {
  it('keeps every program from starting, with an error that names the setting', async () => {
    const config = { ...service.config, ...store.env, S3_BUCKET: 'none' };
    const crash = (error: Error) => {
      throw error;
    };
    const context = { config, log: createLogger('test', 'silent'), crash };
    const starts = [
      startGateway(context, catalogue),
      startWorker(context, catalogue),
      startDispatcher(context),
    ];
    const why = 'The S3 store has no bucket none: create it or correct S3_BUCKET.';
    expect(await Promise.allSettled(starts)).toEqual(
      starts.map(() => ({ status: 'rejected', reason: expect.objectContaining({ message: why }) })),
    );
  });

  it('fails no task, blames no caller, and all tasks succeed once it is back', async () => {
    const before = pictures.asked();
    pictures.hold();
    const { taskUUID, ...task } = removal(pictures.url, { deliveryMethod: 'async' });
    await service.post([{ taskUUID, ...task }]);
    await until('the picture to be asked for', () => pictures.asked() > before);
    const port = Number(new URL(store.url).port);
    await store.stop();
    pictures.release();

    const readTask = () => service.database.task.findFirstOrThrow({ where: { taskUuidSent: taskUUID } });
    await until('the task to be given back', async () => (await readTask()).state === 'queued');
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: base64 };
    const { status, errors } = await service.post([upload]);
    expect([status, errors[0]?.code]).toEqual([503, 'serviceUnavailable']);

    store = await startS3Store(port);
    const ended = await until('the end', async () => {
      const row = await readTask();
      return row.finishedAt && row;
    });
    expect(ended).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect((await service.post([upload])).data[0]).toMatchObject({ status: 'success' });
  });
});
