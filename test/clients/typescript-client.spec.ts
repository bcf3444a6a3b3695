import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { createRestClient } from '#test/typescript-rest';
import { connectSocketClient, type SocketClient } from '#test/typescript-socket';
import { until } from '#test/until';

const cutout = { imageUUID: expect.any(String), imageURL: expect.stringMatching(/^http/) };

describe('@runware/sdk 1.6.8 (TypeScript; imitated, since it is not on npm)', () => {
  let service: Service;
  let pictures: PictureServer;
  let photo: string;
  let clients: SocketClient[] = [];

  beforeAll(async () => {
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    const png = await toPng(disc(60, 40));
    pictures = await startPictureServer(png);
    photo = png.toString('base64');
  });
  afterEach(() => {
    for (const client of clients) client.disconnect();
    clients = [];
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
  });

  const removal = (image: string, more: Record<string, unknown> = {}) => ({
    model: 'runware:109@1',
    inputs: { image },
    taskUUID: randomUUID(),
    ...more,
  });
  const rest = (key = service.key) => createRestClient(service.url, key, 100);
  const socket = async (options = {}, key = service.key) => {
    const client = await connectSocketClient(service.url, key, { retryDelayMs: 100, ...options });
    clients.push(client);
    return client;
  };
  const restart = async () => {
    await service.gateway.stop();
    await service.gateway.start();
  };
  /** Disturbs the service or the client while the worker waits for the image. */
  const inMidTask = async <T>(run: () => Promise<T>, disturb: () => unknown): Promise<T> => {
    const askedBefore = pictures.asked();
    pictures.hold();
    const running = run();
    await until('the worker', () => pictures.asked() > askedBefore);
    await disturb();
    pictures.release();
    const result = await running;
    expect(pictures.asked()).toBe(askedBefore + 1);
    return result;
  };

  describe('over REST', () => {
    it.each(['async', 'sync'])('removes a background, %s', async (deliveryMethod) => {
      expect(await rest().run(removal(photo, { deliveryMethod }))).toMatchObject([cutout]);
    });

    it('gets a failed sync task as an HTTP error, because it ignores errors in 200 answers', async () => {
      const asked = rest().run(removal('bm8gaW1hZ2U=', { deliveryMethod: 'sync' }));
      await expect(asked).rejects.toMatchObject({
        statusCode: 400,
        item: { code: 'unsupportedImageFormat', parameter: 'inputs.image' },
      });
    });

    it('gets the error of a failed async task when it polls', async () => {
      pictures.send(Buffer.from('no image'));
      const asked = rest().run(removal(pictures.url));
      await expect(asked).rejects.toMatchObject({
        item: { code: 'unsupportedImageFormat', status: 'error' },
      });
      pictures.send(Buffer.from(photo, 'base64'));
    });

    it('gets an immediate error when its key is bad', async () => {
      const client = rest('cc_wrong');
      await expect(client.run(removal(photo))).rejects.toMatchObject({
        statusCode: 401,
        item: { code: 'invalidApiKey' },
      });
      expect(client.statuses).toEqual([401]);
    });

    it('sends its task again after 5xx and after a lost connection, and the task runs once', async () => {
      const client = rest();
      const task = removal(pictures.url, { deliveryMethod: 'sync' });
      expect(await inMidTask(() => client.run(task), restart)).toMatchObject([cutout]);
      expect(client.statuses.at(0)).toBe(503);
      expect(client.statuses.at(-1)).toBe(200);
    });
  });

  describe('over WebSocket', () => {
    it.each(['async', 'sync'])('removes a background, %s', async (deliveryMethod) => {
      expect(await (await socket()).run(removal(photo, { deliveryMethod }))).toMatchObject([cutout]);
    });

    it('runs parallel tasks, each with its own result', async () => {
      const client = await socket();
      const ends = await Promise.allSettled([
        client.run(removal(photo, { deliveryMethod: 'sync' })),
        client.run(removal('bm8gaW1hZ2U=')),
        client.run(removal(photo)),
      ]);
      expect(ends).toMatchObject([
        { value: [cutout] },
        { reason: { item: { code: 'unsupportedImageFormat' } } },
        { value: [cutout] },
      ]);
    });

    it('gets an immediate error when its key is bad', async () => {
      await expect(socket({}, 'cc_wrong')).rejects.toMatchObject({
        item: { code: 'authFailed', message: 'Invalid API key.' },
      });
    });

    it('resumes after close 1012 in the middle of a task and gets the result without asking', async () => {
      const client = await socket();
      const task = removal(pictures.url, { deliveryMethod: 'sync' });
      expect(await inMidTask(() => client.run(task), restart)).toMatchObject([cutout]);
    });

    it.each([1000, 1001, 1006, 1011])(
      'resumes after close %i during a poll and gets the state of the task',
      async (code) => {
        let isDropped = false;
        const client: SocketClient = await socket({
          onSent: ({ taskType }: { taskType: string }) => {
            if (taskType !== 'getResponse' || isDropped) return;
            isDropped = true;
            client.drop(code);
          },
        });
        const dropped = () => until('the poll', () => isDropped);
        expect(await inMidTask(() => client.run(removal(pictures.url)), dropped)).toMatchObject([cutout]);
      },
    );
  });
});
