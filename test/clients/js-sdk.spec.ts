import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RunwareServer } from '@runware/sdk-js';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const model = 'runware:109@1';

describe('@runware/sdk-js', () => {
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

  const connect = (apiKey = service.key) => {
    const url = `${service.url.replace('http', 'ws')}/v1`;
    const client = new RunwareServer({ apiKey, url, timeoutDuration: 8000 });
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

  it('sends settings that are the defaults, nested and flat', async () => {
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

  it('asks for the result of an async task', async () => {
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

  it('polls by itself for an async task', async () => {
    const asked = { inputImage: photo, model, deliveryMethod: 'async' };
    expect(await connect().removeBackground(asked)).toMatchObject(cutout);
  });

  it('rejects with our code within a second when the image is bad', async () => {
    const client = connect();
    await client.ensureConnection();
    const start = performance.now();
    const inputImage = Buffer.from('no image').toString('base64');
    await expect(client.removeBackground({ inputImage, model })).rejects.toMatchObject({
      error: { code: 'unsupportedImageFormat' },
    });
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('rejects at once when the key is bad', async () => {
    const start = performance.now();
    await expect(connect('wrong').removeBackground({ inputImage: photo, model })).rejects.toMatchObject({
      error: { code: 'invalidApiKey' },
    });
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
