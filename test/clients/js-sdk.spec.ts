import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RunwareServer } from '@runware/sdk-js';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const model = 'runware:109@1';

describe('@runware/sdk-js 1.3.2 (JavaScript, WebSocket)', () => {
  let service: Service;
  let pictures: PictureServer;
  let photo: string;
  const clients: RunwareServer[] = [];

  beforeAll(async () => {
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    const png = await toPng(disc(60, 40));
    pictures = await startPictureServer(png);
    photo = png.toString('base64');
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.disconnect()));
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
  });

  const connect = ({ apiKey = service.key, timeoutDuration = 8000 } = {}) => {
    const url = `${service.url.replace('http', 'ws')}/v1`;
    const client = new RunwareServer({ apiKey, url, timeoutDuration });
    clients.push(client);
    return client;
  };
  const cutout = { imageUUID: expect.any(String), imageURL: expect.stringMatching(/^http/) };

  it('removes the background of a URL, a data URI, base64 and an uploaded image', async () => {
    const client = connect();
    const { imageUUID } = await client.imageUpload({ image: `data:image/png;base64,${photo}` });
    for (const inputImage of [pictures.url, `data:image/png;base64,${photo}`, photo, String(imageUUID)]) {
      expect(await client.removeBackground({ inputImage, model, includeCost: true })).toMatchObject({
        ...cutout,
        cost: 0.0006,
      });
    }
  });

  it('names the image by inputs.image', async () => {
    expect(await connect().removeBackground({ inputs: { image: photo }, model })).toMatchObject(cutout);
  });

  it('sends default settings, nested and flat', async () => {
    const settings = {
      rgba: [255, 255, 255, 0],
      postProcessMask: false,
      returnOnlyMask: false,
      alphaMatting: false,
    };
    const client = connect();
    expect(await client.removeBackground({ inputImage: photo, model, settings })).toMatchObject(cutout);
    expect(await client.removeBackground({ inputImage: photo, model, ...settings })).toMatchObject(cutout);
  });

  it('sends other settings, nested and flat', async () => {
    const settings = { alphaMatting: true, postProcessMask: true, rgba: [0, 0, 255, 1] };
    const client = connect();
    expect(await client.removeBackground({ inputImage: photo, model, settings })).toMatchObject(cutout);
    expect(await client.removeBackground({ inputImage: photo, model, ...settings })).toMatchObject(cutout);
  });

  it('gets our error when a setting is out of range', async () => {
    const settings = { alphaMattingErodeSize: 0 };
    await expect(connect().removeBackground({ inputImage: photo, model, settings })).rejects.toMatchObject({
      error: { code: 'invalidParameter', parameter: 'settings.alphaMattingErodeSize', min: 1 },
    });
  });

  it('stores media, refers to it by UUID and deletes it', async () => {
    const client = connect();
    const { mediaUUID } = await client.mediaStorage({ media: `data:image/png;base64,${photo}` });
    expect(await client.removeBackground({ inputs: { image: mediaUUID }, model })).toMatchObject(cutout);
    expect(await client.mediaStorage({ operation: 'delete', media: mediaUUID })).toMatchObject({ mediaUUID });
    await expect(client.removeBackground({ inputImage: mediaUUID, model })).rejects.toMatchObject({
      error: { code: 'mediaExpired' },
    });
  });

  it.each(['URL', 'base64Data', 'dataURI'] as const)('gets the outputType %s', async (outputType) => {
    const result = await connect().removeBackground({ inputImage: photo, model, outputType });
    const field = { URL: 'imageURL', base64Data: 'imageBase64Data', dataURI: 'imageDataURI' }[outputType];
    expect(result).toMatchObject({ imageUUID: expect.any(String), [field]: expect.any(String) });
  });

  it('gets the details of a task', async () => {
    const client = connect();
    const taskUUID = randomUUID();
    await client.removeBackground({ inputImage: photo, model, taskUUID });
    expect(await client.getTaskDetails({ taskUUID })).toMatchObject({ response: { data: [cutout] } });
  });

  it('gets the result of an async task', async () => {
    const client = connect();
    const taskUUID = randomUUID();
    await client.removeBackground({
      inputImage: photo,
      model,
      taskUUID,
      deliveryMethod: 'async',
      skipResponse: true,
    });
    const done = await until('the result', async () => {
      const [state] = await client.getResponse<{ status: string }>({ taskUUID });
      return state?.status === 'success' && state;
    });
    expect(done).toMatchObject(cutout);
  });

  it('polls for an async task on its own', async () => {
    const asked = { inputImage: photo, model, deliveryMethod: 'async' };
    expect(await connect().removeBackground(asked)).toMatchObject(cutout);
  });

  it('rejects with our error code when the image is bad', async () => {
    const client = connect();
    await client.ensureConnection();
    const start = performance.now();
    const inputImage = Buffer.from('no image').toString('base64');
    await expect(client.removeBackground({ inputImage, model })).rejects.toMatchObject({
      error: { code: 'unsupportedImageFormat' },
    });
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  it('rejects at once when the key is bad', async () => {
    const start = performance.now();
    await expect(
      connect({ apiKey: 'wrong' }).removeBackground({ inputImage: photo, model }),
    ).rejects.toMatchObject({
      error: { code: 'invalidApiKey' },
    });
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  /** Restarts the gateway while the worker waits for the image. The client retries after its timeout. */
  const runOverRestart = async (task: { taskUUID?: string }) => {
    const askedBefore = pictures.asked();
    pictures.hold();
    const client = connect({ timeoutDuration: 5000 });
    const running = client.removeBackground({ inputImage: pictures.url, model, ...task });
    await until('the worker', () => pictures.asked() > askedBefore);
    await service.gateway.stop();
    await service.gateway.start();
    pictures.release();
    return { result: await running, executions: pictures.asked() - askedBefore };
  };

  it('completes by its own retry after close 1012 in the middle of a task', async () => {
    expect((await runOverRestart({})).result).toMatchObject(cutout);
  });

  it('completes with a single execution when the user chose the taskUUID', async () => {
    const { result, executions } = await runOverRestart({ taskUUID: randomUUID() });
    expect(result).toMatchObject(cutout);
    expect(executions).toBe(1);
  });
});
