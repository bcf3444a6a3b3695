import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Replicate, { validateWebhook, type Prediction } from 'replicate';
import sharp from 'sharp';
import { clearcut } from '#test/cli';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const DEFAULT = 'clearcut/rembg-v1-4';
const lucataco = 'lucataco/remove-bg:95fcc2a26d3899cd6c2691c900465aaeff466285a65c14638cc5f36f34befaf1';
type FileOutput = { blob: () => Promise<Blob>; url: () => URL };

describe('replicate 1.4.0 (JavaScript, by baseUrl)', () => {
  let service: Service;
  let pictures: PictureServer;
  let receiver: Receiver;
  let client: Replicate;
  let photo: Buffer;
  beforeAll(async () => {
    photo = await toPng(disc(60, 40));
    pictures = await startPictureServer(photo);
    receiver = await startReceiver();
    service = await startService({ env: { DOORS: 'replicate', OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    await service.dispatcher.start();
    client = new Replicate({ auth: service.key, baseUrl: `${service.url}/v1` });
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await receiver.stop();
  });

  const secretEnv = () => ({ DATABASE_URL: service.config.DATABASE_URL, DATA_DIR: service.config.DATA_DIR });
  const sizeOf = async (output: unknown) => {
    const bytes = Buffer.from(await (await (output as FileOutput).blob()).arrayBuffer());
    const { format, width, height, hasAlpha } = await sharp(bytes).metadata();
    return { format, width, height, hasAlpha };
  };
  const whole = { format: 'png', width: 60, height: 40, hasAlpha: true };
  const ended = (id: string) =>
    until('the end of the prediction', async () => {
      const prediction = await client.predictions.get(id);
      return ['succeeded', 'failed', 'canceled'].includes(prediction.status) ? prediction : undefined;
    });

  it('runs a model by its name, and reads the file output', async () => {
    expect(await sizeOf(await client.run(DEFAULT, { input: { image: pictures.url } }))).toEqual(whole);
  });

  it('runs a known version of Replicate', async () => {
    expect(await sizeOf(await client.run(lucataco, { input: { image: pictures.url } }))).toEqual(whole);
  });

  it('runs a data URI', async () => {
    const image = `data:image/png;base64,${photo.toString('base64')}`;
    expect(await sizeOf(await client.run(DEFAULT, { input: { image } }))).toEqual(whole);
  });

  it('takes a background of more than a hundred kilobytes', async () => {
    const uri = `data:image/png;base64,${Buffer.concat([photo, Buffer.alloc(100_000)]).toString('base64')}`;
    const compose = { width: 64, height: 48, background: { image: uri } };
    const output = await client.run(DEFAULT, { input: { image: uri, compose } });
    expect(await sizeOf(output)).toMatchObject({ width: 64, height: 48 });
  });

  it('uploads a local file, and runs it', async () => {
    expect(await sizeOf(await client.run(DEFAULT, { input: { image: photo } }))).toEqual(whole);
    const blob = new File([new Uint8Array(photo)], 'cup.png', { type: 'image/png' });
    expect(await sizeOf(await client.run(DEFAULT, { input: { image: blob } }))).toEqual(whole);
  });

  it('waits by polling', async () => {
    const states: string[] = [];
    const input = { image: pictures.url };
    const output = await client.run(DEFAULT, { input, wait: { mode: 'poll', interval: 20 } }, (one) =>
      states.push(one.status),
    );
    expect(await sizeOf(output)).toEqual(whole);
    expect([states[0], states.at(-1)]).toEqual(['starting', 'succeeded']);
  });

  it('creates a prediction, gets it, and sees what was asked', async () => {
    const input = { image: pictures.url, format: 'webp' };
    const created = await client.predictions.create({ model: DEFAULT, input });
    expect(created).toMatchObject({ status: 'starting', input, output: null, error: null });
    const prediction = await ended(created.id);
    expect(prediction).toMatchObject({
      id: created.id,
      status: 'succeeded',
      output: expect.stringMatching(/^data:image\/webp;base64,/),
      metrics: { predict_time: expect.any(Number) },
      urls: { get: expect.stringContaining(created.id) },
      completed_at: expect.any(String),
    });
  });

  it('gets starting when the end takes longer than Prefer: wait', async () => {
    pictures.hold();
    const input = { image: pictures.url };
    const created = await client.predictions.create({ model: DEFAULT, input, wait: 1 });
    expect(created.status).toBe('starting');
    pictures.release();
    expect((await ended(created.id)).status).toBe('succeeded');
  });

  it.each(['wait=abc', 'wait=', 'wait=-1', 'respond-async, wait=1.5', 'wait 5'])(
    'gets an error for Prefer: %s, and starts nothing',
    async (prefer) => {
      const before = await service.database.task.count();
      const body = JSON.stringify({ version: DEFAULT, input: { image: pictures.url } });
      const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json', prefer };
      const answer = await fetch(`${service.url}/v1/predictions`, { method: 'POST', headers, body });
      const told = (await answer.json()) as { detail: string };
      expect([answer.status, told.detail]).toEqual([422, expect.stringContaining("'Prefer'")]);
      expect(await service.database.task.count()).toBe(before);
    },
  );

  it.each(['wait="1"', 'respond-async; Wait=0', 'return=minimal', 'waiting'])(
    'is taken with Prefer: %s',
    async (prefer) => {
      const body = JSON.stringify({ version: 'clearcut/rembg-v1-4:abc', input: { image: pictures.url } });
      const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json', prefer };
      const answer = await fetch(`${service.url}/v1/predictions`, { method: 'POST', headers, body });
      expect(answer.status).toBe(201);
      const { id } = (await answer.json()) as { id: string };
      expect((await ended(id)).status).toBe('succeeded');
    },
  );

  it('cancels a prediction', async () => {
    await service.worker.stop();
    const created = await client.predictions.create({ model: DEFAULT, input: { image: pictures.url } });
    await client.predictions.cancel(created.id);
    expect(await ended(created.id)).toMatchObject({ status: 'canceled', error: null, output: null });
    await service.worker.start();
  });

  it('sets the background, and gets the mask', async () => {
    const run = async (input: Record<string, unknown>) => {
      const output = await client.run(DEFAULT, { input: { image: pictures.url, ...input } });
      return sharp(Buffer.from(await (await (output as unknown as FileOutput).blob()).arrayBuffer()));
    };
    const pixels = await (
      await run({ background_type: 'white', threshold: 0, reverse: false })
    )
      .raw()
      .toBuffer();
    expect([...pixels.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect((await (await run({ background_type: 'map' })).metadata()).channels).toBe(1);
    const own = await (await run({ settings: { rgba: [1, 2, 3, 1] } })).raw().toBuffer();
    expect([...own.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  it('fails with our message when the image cannot be read', async () => {
    pictures.send(Buffer.from('no image'));
    await expect(client.run(DEFAULT, { input: { image: pictures.url } })).rejects.toThrow(
      /Prediction failed: .*PNG/,
    );
    pictures.send(photo);
  });

  it.each([
    [{ model: 'acme/unknown', input: { image: 'https://example.com/a.png' } }, 422, 'no such model'],
    [{ version: 'abc123', input: { image: 'https://example.com/a.png' } }, 422, 'no such model'],
    [{ model: DEFAULT, input: {} }, 422, 'input.image'],
    [{ model: DEFAULT, input: { image: 'https://example.com/a.png', scale: 2 } }, 422, 'scale'],
    [
      { model: DEFAULT, input: { image: 'https://example.com/a.png', threshold: 0.5 } },
      422,
      'input.threshold',
    ],
    [
      { model: DEFAULT, input: { image: 'https://example.com/a.png', background_type: 'blur' } },
      422,
      'background_type',
    ],
    [
      { model: DEFAULT, input: { image: 'http://10.0.0.1/a.png' }, webhook: 'http://10.0.0.1/' },
      422,
      'webhook',
    ],
  ])('gets our error for %j', async (options, status, text) => {
    const failed = await client.predictions.create(options as never).then(
      () => undefined,
      (error: { response: Response; message: string }) => error,
    );
    expect([failed?.response.status, failed?.message]).toEqual([status, expect.stringContaining(text)]);
  });

  it('gets our error when its key is bad, also in the older scheme', async () => {
    const stranger = new Replicate({ auth: 'cc_wrong', baseUrl: `${service.url}/v1` });
    await expect(stranger.predictions.get(randomUUID())).rejects.toThrow(/401.*Invalid API key/);
    const headers = { authorization: `Token ${service.key}` };
    const answer = await fetch(`${service.url}/v1/predictions/${randomUUID()}`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([404, { detail: expect.any(String) }]);
  });

  it('is called at its webhook, which its validateWebhook accepts', async () => {
    const webhook = `${receiver.url}/replicate`;
    const input = { image: pictures.url };
    const filter = { webhook, webhook_events_filter: ['completed' as const] };
    const { id } = await client.predictions.create({ model: DEFAULT, input, ...filter });
    const { body, headers } = await until('the webhook', () => receiver.received('/replicate')[0]);
    const prediction = JSON.parse(body.toString()) as Prediction;
    expect(prediction).toMatchObject({ id, status: 'succeeded', output: expect.stringMatching(/^http/) });
    const header = (name: string) => headers[name] as string;
    const isValid = await validateWebhook({
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body: body.toString(),
      secret: (await clearcut(['webhooks', 'secret', 'local'], secretEnv())).out.trim(),
    });
    expect(isValid).toBe(true);
  });

  it('is not called when its filter leaves the end out', async () => {
    const webhook = `${receiver.url}/unwanted`;
    const input = { image: pictures.url };
    const filter = { webhook, webhook_events_filter: ['start' as const] };
    const { id } = await client.predictions.create({ model: DEFAULT, input, ...filter });
    await ended(id);
    expect(await service.database.delivery.count({ where: { task: { taskUuid: id } } })).toBe(0);
  });
});
