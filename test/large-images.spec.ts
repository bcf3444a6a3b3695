import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { removal, type Reply } from '#test/client';
import { hollowPng, manyScans, writePng } from '#test/pictures';
import { startService, type Service } from '#test/service';

const wide = writePng(16_384, 1);
const widest = writePng(65_535, 1);
const upload = (image: string) => ({ taskType: 'imageUpload', taskUUID: crypto.randomUUID(), image });

const tooLong = (parameter: string, size: string) => ({
  code: 'maxImageSizeExceeded',
  parameter,
  max: 65_535,
  message: `The image in '${parameter}' measures ${size} pixels; a side may have 65535 at most.`,
});
const unfit = (format: string, max: number, size: string) => ({
  code: 'incompatibleParameters',
  parameter: 'outputFormat',
  max,
  message: `The image in 'inputImage' measures ${size} pixels; a side of a ${format} has ${max} at most, so ask for PNG.`,
});

describe('an image with long sides', () => {
  let service: Service;
  let pictures: Server;
  let address: string;

  beforeAll(async () => {
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    const files: Record<string, Buffer> = { '/wide': wide, '/long': hollowPng(1, 50_000_000) };
    pictures = createServer(({ url }, response) => response.end(files[url ?? '']));
    await once(pictures.listen(0, '127.0.0.1'), 'listening');
    address = `http://127.0.0.1:${(pictures.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    pictures.close();
    await service.stop();
  });

  const expectRefusal = ({ status, errors }: Reply, error: object) => {
    expect(status).toBe(400);
    expect(errors).toMatchObject([error]);
  };
  const rowOf = (taskUUID: string) => service.database.task.findFirst({ where: { taskUuidSent: taskUUID } });

  it.each([
    ['WEBP', 16_383, wide, '16384 × 1'],
    ['JPG', 65_500, widest, '65535 × 1'],
  ])('is refused at once when its size exceeds the limit of %s', async (outputFormat, max, bytes, size) => {
    const image = bytes.toString('base64');
    const before = await service.database.task.count();
    expectRefusal(await service.post([removal(image, { outputFormat })]), unfit(outputFormat, max, size));
    expect(await service.database.task.count()).toBe(before);

    const { data } = await service.post([upload(image)]);
    const again = removal(String(data[0]?.['imageUUID']), { outputFormat });
    expectRefusal(await service.post([again]), unfit(outputFormat, max, size));
    expect(await rowOf(again.taskUUID)).toBeNull();
  });

  it('is refused by its URL after one attempt, without cost and without being stored', async () => {
    const cases = [
      [
        removal(`${address}/wide`, { outputFormat: 'WEBP', includeCost: true }),
        unfit('WEBP', 16_383, '16384 × 1'),
      ],
      [removal(`${address}/long`), tooLong('inputImage', '1 × 50000000')],
    ] as const;
    for (const [task, error] of cases) {
      expectRefusal(await service.post([task]), error);
      const row = await rowOf(task.taskUUID);
      expect(row).toMatchObject({ state: 'failed', attempt: 1, cost: null, inferMs: null, decodeMs: null });
      expect(await service.database.image.count({ where: { id: row!.inputImageId } })).toBe(0);
    }
    expectRefusal(await service.post([upload(`${address}/long`)]), tooLong('image', '1 × 50000000'));
  });

  it('is refused as an input when it was uploaded under a higher limit', async () => {
    const { data } = await service.post([upload(writePng(4, 4).toString('base64'))]);
    const id = String(data[0]?.['imageUUID']);
    await service.database.image.update({ where: { id }, data: { width: 70_000 } });
    expectRefusal(await service.post([removal(id)]), tooLong('inputImage', '70000 × 4'));
  });

  it.each([
    [65_535, 1],
    [1, 65_535],
    [16_383, 2],
    [3, 16_383],
  ])('gives a result of %i × %i pixels', async (width, height) => {
    const outputFormat = Math.max(width, height) > 16_383 ? 'PNG' : 'WEBP';
    const change = { outputFormat, outputType: 'base64Data' };
    const { status, data } = await service.post([
      removal(writePng(width, height).toString('base64'), change),
    ]);
    expect(status).toBe(200);
    const found = await sharp(Buffer.from(String(data[0]?.['imageBase64Data']), 'base64')).metadata();
    expect([found.width, found.height]).toEqual([width, height]);
  });
});

describe('MAX_IMAGE_MEGAPIXELS', () => {
  it('limits the pixels of images, also by URL and in the price of a dry run', async () => {
    const files: Record<string, Buffer> = { '/large': writePng(1_025, 1_024) };
    const pictures = createServer(({ url }, response) => response.end(files[url ?? '']));
    await once(pictures.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(pictures.address() as AddressInfo).port}`;
    const env = { MAX_IMAGE_MEGAPIXELS: '1', OUTBOUND_ALLOW: '127.0.0.1' };
    const service = await startService({ env });
    await service.worker.start();

    const most = writePng(1_024, 1_024).toString('base64');
    expect((await service.post([removal(most)])).status).toBe(200);
    const large = writePng(1_025, 1_024).toString('base64');
    for (const task of [removal(large), removal(`${address}/large`), upload(large)]) {
      const { status, errors } = await service.post([task]);
      expect([status, errors[0]?.code, errors[0]?.['max']]).toEqual([400, 'maxImageSizeExceeded', 1_048_576]);
    }

    const task = removal(`${address}/unknown`, { refine: { alphaMatting: true } });
    const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const [known, unknown] = await Promise.all([
      service.post([{ ...task, inputImage: most }], headers),
      service.post([task], headers),
    ]);
    expect(unknown.data[0]?.['cost']).toBe(known.data[0]?.['cost']);

    pictures.close();
    await service.stop();
  });

  it('lets photos of 50 megapixels pass, and refuses JPEGs of many scans', async () => {
    const service = await startService();
    const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const fifty = manyScans(8_160, 6_144, 1).toString('base64');
    expect((await service.post([upload(fifty)], headers)).errors).toEqual([]);
    const scans = manyScans(8_160, 6_144, 883).toString('base64');
    const message = "The JPEG in 'inputImage' has more than 100 scans; save it again as a baseline JPEG.";
    const { errors } = await service.post([removal(scans)]);
    expect(errors).toMatchObject([{ code: 'invalidInputImage', parameter: 'inputImage', max: 100, message }]);
    await service.stop();
  });
});

describe('MAX_IMAGE_SIDE', () => {
  it('lowers the allowed length of a side', async () => {
    const service = await startService({ env: { MAX_IMAGE_SIDE: '64' } });
    await service.worker.start();
    const [small, large] = [writePng(64, 2), writePng(65, 2)].map((bytes) => bytes.toString('base64'));
    expect((await service.post([removal(small!)])).status).toBe(200);
    const { status, errors } = await service.post([removal(large!)]);
    expect([status, errors[0]?.code, errors[0]?.['max']]).toEqual([400, 'maxImageSizeExceeded', 64]);
    await service.stop();
  });
});
