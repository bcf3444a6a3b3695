import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { pythonClient } from '#test/python-client';
import { startService, type Service } from '#test/service';

const model = 'clearcut/rembg-v1-4';
const lucataco = 'lucataco/remove-bg:95fcc2a26d3899cd6c2691c900465aaeff466285a65c14638cc5f36f34befaf1';
const client = await pythonClient('replicate', 'replicate_driver');

client.describe('replicate 1.0.7 (Python, by base_url)', () => {
  let service: Service;
  let pictures: PictureServer;
  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(60, 40)));
    service = await startService({ env: { DOORS: 'replicate', OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
  });

  const ask = (request: Record<string, unknown>) =>
    client.run({ url: service.url, key: service.key, model, call: 'run', ...request });
  const sizeOf = async (request: Record<string, unknown>) => {
    const { results, error } = await ask(request);
    if (error) throw new Error(error['text'] as string);
    const { width, height } = await sharp(
      Buffer.from(results?.[0]?.['base64'] as string, 'base64'),
    ).metadata();
    return [width, height];
  };

  it('runs a model by its name, and reads the file output', async () => {
    expect(await sizeOf({ input: { image: pictures.url } })).toEqual([60, 40]);
  });

  it('runs a known version of Replicate', async () => {
    expect(await sizeOf({ model: lucataco, input: { image: pictures.url } })).toEqual([60, 40]);
  });

  it('runs a local file, uploaded and as base64', async () => {
    const path = join(service.config.DATA_DIR, 'cup.png');
    await writeFile(path, await toPng(disc(30, 20)));
    expect(await sizeOf({ input: { image: `file:${path}` } })).toEqual([30, 20]);
    const options = { file_encoding_strategy: 'base64' };
    expect(await sizeOf({ model: lucataco, input: { image: `file:${path}` }, options })).toEqual([30, 20]);
  });

  it('waits by polling', async () => {
    expect(await sizeOf({ input: { image: pictures.url }, options: { wait: false } })).toEqual([60, 40]);
  });

  it('creates a prediction and waits for its end', async () => {
    const { results } = await ask({ call: 'create', input: { image: pictures.url } });
    expect(results).toEqual([{ id: expect.any(String), status: 'succeeded', error: null }]);
  });

  it('cancels a prediction', async () => {
    await service.worker.stop();
    const { results } = await ask({ call: 'create', cancel: true, input: { image: pictures.url } });
    expect(results).toEqual([{ id: expect.any(String), status: 'canceled', error: null }]);
    await service.worker.start();
  });

  it('raises our error for a bad input, a bad key and an unknown prediction', async () => {
    const bad = await ask({ input: { image: pictures.url, scale: 2 } });
    expect(bad.error).toMatchObject({
      type: 'ReplicateError',
      status: 422,
      text: expect.stringContaining('scale'),
    });
    const stranger = await ask({ key: 'cc_wrong', input: { image: pictures.url } });
    expect(stranger.error).toMatchObject({ type: 'ReplicateError', status: 401 });
    const unknown = await ask({ call: 'get', id: randomUUID() });
    expect(unknown.error).toMatchObject({ type: 'ReplicateError', status: 404 });
  });
});
