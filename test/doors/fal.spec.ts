import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiError, createFalClient, ValidationError, type FalClient, type QueueStatus } from '@fal-ai/client';
import sharp from 'sharp';
import { catalogueWith } from '#test/install-graph';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, noise, toPng, toWebp } from '#test/pictures';
import { startService, type Service } from '#test/service';

const birefnet = 'fal-ai/birefnet';
type Output = { image: { url: string; content_type: string; width: number; height: number } };

describe.each(['requestMiddleware', 'proxyUrl'])('@fal-ai/client 1.10.1 (JavaScript, by %s)', (way) => {
  let service: Service;
  let pictures: PictureServer;
  let client: FalClient;
  let photo: Buffer;
  beforeAll(async () => {
    photo = await toPng(disc(60, 40));
    pictures = await startPictureServer(photo);
    service = await startService({
      env: { DOORS: 'fal', OUTBOUND_ALLOW: '127.0.0.1' },
      makeCatalogue: (folder) => catalogueWith(folder, ['runware:109@1', 'clearcut:2@1']),
    });
    await service.worker.start();
    client = clientOf(service.key);
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
  });

  const clientOf = (credentials: string) =>
    createFalClient({
      credentials,
      ...(way === 'proxyUrl'
        ? { proxyUrl: { url: `${service.url}/fal/proxy`, when: 'always' } }
        : {
            requestMiddleware: async (request) => ({
              ...request,
              url: request.url.replace('https://queue.fal.run', service.url),
            }),
          }),
    });
  const sizeOf = async (data: unknown) => {
    const { image } = data as Output;
    const { format, width, height } = await sharp(
      Buffer.from(await (await fetch(image.url)).arrayBuffer()),
    ).metadata();
    expect(image).toMatchObject({ content_type: `image/${format}`, width, height });
    return [format, width, height];
  };
  const failed = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('subscribes, and gets the image', async () => {
    const states: string[] = [];
    const { data, requestId } = await client.subscribe(birefnet, {
      input: { image_url: pictures.url },
      pollInterval: 20,
      onQueueUpdate: ({ status }: QueueStatus) => states.push(status),
    });
    expect(await sizeOf(data)).toEqual(['png', 60, 40]);
    expect(states.at(-1)).toBe('COMPLETED');
    const row = await service.database.task.findFirstOrThrow({ where: { taskUuid: requestId } });
    expect(row).toMatchObject({ model: 'clearcut:2@1', isSync: false, state: 'succeeded' });
  });

  it('subscribes to the second version with all that maps', async () => {
    const input = {
      image_url: `data:image/png;base64,${photo.toString('base64')}`,
      model: 'General Use (Light)',
      operating_resolution: '1024x1024',
      output_format: 'webp',
      refine_foreground: false,
    };
    const { data } = await client.subscribe(`${birefnet}/v2`, { input: input as never, pollInterval: 20 });
    expect(await sizeOf(data)).toEqual(['webp', 60, 40]);
  });

  it('gets a data URI by sync_mode', async () => {
    const input = { image_url: pictures.url, sync_mode: true };
    const { data } = await client.subscribe(birefnet, { input, pollInterval: 20 });
    expect((data as Output).image.url).toMatch(/^data:image\/png;base64,/);
    expect(await sizeOf(data)).toEqual(['png', 60, 40]);
  });

  it('sees its place in the queue, and cancels', async () => {
    await service.worker.stop();
    const submit = () =>
      client.queue.submit(birefnet, {
        input: { image_url: `data:image/png;base64,${photo.toString('base64')}` },
      });
    const [first, second] = [await submit(), await submit()];
    expect(first).toMatchObject({ status: 'IN_QUEUE', request_id: expect.any(String) });
    const requestId = second.request_id;
    const status = await client.queue.status(birefnet, { requestId });
    expect(status).toMatchObject({ status: 'IN_QUEUE', queue_position: 1, request_id: requestId });
    await client.queue.cancel(birefnet, { requestId });
    expect(await client.queue.status(birefnet, { requestId })).toMatchObject({ status: 'COMPLETED' });
    expect(await failed(client.queue.result(birefnet, { requestId }))).toMatchObject({ status: 409 });
    expect(await failed(client.queue.cancel(birefnet, { requestId }))).toMatchObject({ status: 400 });
    await service.worker.start();
  });

  it('gets our error at the result when the image cannot be read', async () => {
    // The header is good, the pixels are not.
    const broken = Buffer.from(await toWebp(noise(80, 80)));
    broken.fill(0x5a, 60, broken.length - 40);
    const image_url = `data:image/webp;base64,${broken.toString('base64')}`;
    const error = await failed(client.subscribe(birefnet, { input: { image_url }, pollInterval: 20 }));
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).fieldErrors).toEqual([
      expect.objectContaining({ type: 'invalidInputImage' }),
    ]);
  });

  it.each([
    [{}, 'image_url'],
    [{ image_url: 'https://example.com/a.png', model: 'Tiny' }, 'model'],
    [{ image_url: 'https://example.com/a.png', output_format: 'gif' }, 'output_format'],
    [{ image_url: 'https://example.com/a.png', output_mask: true }, 'output_mask'],
    [{ image_url: 'https://example.com/a.png', operating_resolution: '2048x2048' }, 'operating_resolution'],
    [{ image_url: 'https://example.com/a.png', scale: 2 }, 'scale'],
  ])('gets a validation error for %j', async (input, parameter) => {
    const error = await failed(client.queue.submit(birefnet, { input: input as never }));
    expect(error).toBeInstanceOf(ValidationError);
    const { status, fieldErrors } = error as ValidationError;
    expect([status, fieldErrors]).toEqual([422, [expect.objectContaining({ loc: ['body', parameter] })]]);
  });

  it('gets our error for a bad key, an unknown request and a webhook', async () => {
    const stranger = clientOf('cc_wrong');
    expect(await failed(stranger.queue.status(birefnet, { requestId: randomUUID() }))).toMatchObject({
      status: 401,
    });
    const unknown = await failed(client.queue.status(birefnet, { requestId: randomUUID() }));
    expect(unknown).toBeInstanceOf(ApiError);
    expect((unknown as ApiError<unknown>).status).toBe(404);
    const input = { image_url: pictures.url };
    const hooked = failed(client.queue.submit(birefnet, { input, webhookUrl: 'https://example.com/hook' }));
    expect(await hooked).toMatchObject({ status: 422 });
  });
});
