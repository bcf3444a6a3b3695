import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { removal, type Item } from '#test/client';
import { disc, toJpeg, toPng, toWebp } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);

const pixels = async (bytes: Buffer) => sharp(bytes).raw().toBuffer({ resolveWithObject: true });
const download = async (item: Item | undefined) => {
  const response = await fetch(item?.imageURL ?? '');
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
};

describe.each(backends)('removeBackground with its queue on %s', (backend) => {
  let redis: TestRedis | undefined;
  let service: Service;
  let pictures: Server;
  let picturesUrl: string;
  const png = toPng(disc(90, 60));

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    const env = { OUTBOUND_ALLOW: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) };
    service = await startService({ env });
    await service.worker.start();
    await service.dispatcher.start();
    pictures = createServer((_, response) => void png.then((bytes) => response.end(bytes))).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => pictures.once('listening', resolve));
    picturesUrl = `http://127.0.0.1:${(pictures.address() as AddressInfo).port}/disc.png?token=secret`;
  });
  afterAll(async () => {
    await service.stop();
    pictures.close();
    await redis?.stop();
  });

  it('cuts the subject out of a base64 image', async () => {
    const task = removal((await png).toString('base64'), { includeCost: true });
    const { status, data, body } = await service.post([task]);

    expect(status).toBe(200);
    expect(body).not.toHaveProperty('errors');
    expect(data[0]).toMatchObject({
      taskType: 'removeBackground',
      taskUUID: task.taskUUID,
      status: 'success',
      cost: 0.0006,
    });
    const { response, bytes } = await download(data[0]);
    expect(response.headers.get('content-type')).toBe('image/png');
    const { data: rgba, info } = await pixels(bytes);
    expect([info.width, info.height, info.channels]).toEqual([90, 60, 4]);
    const centre = (30 * 90 + 45) * 4;
    expect([...rgba.subarray(centre, centre + 3)]).toEqual([255, 250, 245]);
    // Below 255, because LANCZOS overshoots at the disc's edge and the min–max treats that as the brightest
    // spot.
    expect(rgba[centre + 3]).toBeGreaterThan(240);
    expect([...rgba.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
  });

  it('accepts a data URI, a URL, an uploaded image and the result of another task', async () => {
    const uuid = randomUUID();
    const base64 = (await png).toString('base64');
    const upload = await service.post([{ taskType: 'imageUpload', taskUUID: uuid, image: base64 }]);
    expect(upload.data[0]).toMatchObject({ taskType: 'imageUpload', taskUUID: uuid });
    const uploaded = String(upload.data[0]?.['imageUUID']);
    expect((await download(upload.data[0])).bytes).toEqual(await png);

    const sources = [`data:image/gif;base64,${base64}`, picturesUrl, uploaded];
    const { data } = await service.post(sources.map((source) => removal(source)));
    expect(data).toHaveLength(3);
    expect(data[2]?.['inputImageUUID']).toBe(uploaded);
    const again = await service.post([
      removal(String(data[0]?.['imageUUID'])),
      removal(String(data[1]?.['inputImageUUID'])),
    ]);
    expect(again.data).toHaveLength(2);
  });

  it('accepts an upload from a URL', async () => {
    const { data } = await service.post([
      { taskType: 'imageUpload', taskUUID: randomUUID(), image: picturesUrl },
    ]);
    expect((await download(data[0])).bytes).toEqual(await png);
  });

  it.each([
    ['PNG', 'png', 4],
    ['webp', 'webp', 4],
    ['jpeg', 'jpeg', 3],
    ['JPG', 'jpeg', 3],
  ])('writes %s', async (outputFormat, format, channels) => {
    const input = (await toWebp(disc(50, 40))).toString('base64');
    const { data } = await service.post([removal(input, { outputFormat, outputQuality: 80 })]);
    const { bytes } = await download(data[0]);
    expect(await sharp(bytes).metadata()).toMatchObject({ format, channels, width: 50, height: 40 });
  });

  it('returns base64Data and dataURI, each in exactly one field', async () => {
    const input = (await toJpeg(disc(40, 40))).toString('base64');
    const { data } = await service.post(
      ['base64Data', 'dataURI'].map((outputType) => removal(input, { outputType })),
    );
    const fields = ['imageURL', 'imageBase64Data', 'imageDataURI'];
    expect(data.map((item) => fields.filter((field) => field in item))).toEqual([
      ['imageBase64Data'],
      ['imageDataURI'],
    ]);
    const bytes = Buffer.from(String(data[0]?.['imageBase64Data']), 'base64');
    expect(String(data[1]?.['imageDataURI'])).toBe(`data:image/png;base64,${bytes.toString('base64')}`);
    expect((await sharp(bytes).metadata()).format).toBe('png');
  });

  it('acknowledges an async task and returns its result to getResponse', async () => {
    const task = removal((await png).toString('base64'), { deliveryMethod: 'async' });
    const { status, data } = await service.post([task]);
    expect([status, data]).toEqual([200, [{ taskType: 'removeBackground', taskUUID: task.taskUUID }]]);

    const ask = [{ taskType: 'getResponse', taskUUID: task.taskUUID.toUpperCase() }];
    const done = await until('the result', async () => {
      const reply = await service.post(ask);
      expect(reply.data[0]).toMatchObject({ taskType: 'removeBackground', taskUUID: task.taskUUID });
      return reply.data.find((item) => item['status'] === 'success');
    });
    expect(done.imageURL).toMatch(/^http/);
  });

  it('records the duration of each stage', async () => {
    const task = removal((await png).toString('base64'));
    await service.post([task]);
    const row = await service.database.task.findFirstOrThrow({ where: { taskUuid: task.taskUUID } });
    const { queueMs, fetchMs, decodeMs, preprocessMs, inferMs, postprocessMs, encodeMs, storeMs } = row;
    for (const ms of [queueMs, fetchMs, decodeMs, preprocessMs, inferMs, postprocessMs, encodeMs, storeMs]) {
      expect(ms).toBeGreaterThanOrEqual(0);
    }
    expect([row.state, row.attempt]).toEqual(['succeeded', 1]);
  });

  it('runs a task once when it is sent twice, and returns the same result when it is sent again', async () => {
    const task = removal((await png).toString('base64'));
    const [one, two] = await Promise.all([service.post([task]), service.post([task])]);
    const three = await service.post([task]);
    expect(one.data).toEqual(two.data);
    expect(three.data).toEqual(one.data);
    expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(1);
  });
});
