import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, noise, toPng } from '#test/pictures';
import { pythonClient, type PythonClient } from '#test/python-client';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const outbound = { OUTBOUND_ALLOW: '127.0.0.1' };
const cutout = { imageUUID: expect.any(String), imageURL: expect.stringMatching(/^http/) };

/** The third names a helper of the client that encodes the image. */
type Call = readonly [method: string, params: Record<string, unknown>, helper?: string];
type Transport = 'rest' | 'websocket';

/** Names the taskType, so that the client does not look it up on the internet. */
const removal = (image: unknown, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  taskType: 'removeBackground',
  model: 'runware:109@1',
  inputs: { image },
  ...more,
});

/** Whether a gateway takes no more connections. */
const isRefused = (url: string) =>
  fetch(`${url}/health/live`).then(
    () => false,
    () => true,
  );

/** From 1.4.1 on the client says its name, encodes no files itself, and sends an async task again. */
const cases = (client: PythonClient, isNewer: boolean) => () => {
  let service: Service;
  let pictures: PictureServer;

  beforeAll(async () => {
    service = await startService({ env: outbound });
    await service.worker.start();
    pictures = await startPictureServer(await toPng(disc(60, 40)));
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
  });

  const asker =
    (transport: Transport) =>
    (calls: readonly Call[], { url, key }: Pick<Service, 'url' | 'key'> = service) => {
      const http_base_url = `${url}/v1`;
      const ws_base_url = http_base_url.replace('http', 'ws');
      return client.run({ config: { api_key: key, transport, http_base_url, ws_base_url }, calls });
    };

  /** Restarts the gateway while the worker waits for the image. */
  const runOverRestart = async (transport: Transport, task: Record<string, unknown>) => {
    const askedBefore = pictures.asked();
    pictures.hold();
    const running = asker(transport)([['run', task]]);
    await until('the worker', () => pictures.asked() > askedBefore);
    await service.gateway.stop();
    await service.gateway.start();
    pictures.release();
    return running;
  };
  const executionsOf = async (taskUUID: string) => {
    const tasks = await service.database.task.findMany({ where: { taskUuid: taskUUID } });
    return tasks.map(({ attempt }) => attempt);
  };

  describe.each<Transport>(['rest', 'websocket'])('over %s', (transport) => {
    const ask = asker(transport);
    const run = (task: Record<string, unknown>) => ask([['run', task]]);

    it.each(['async', 'sync'])('removes the background of a URL, %s', async (deliveryMethod) => {
      const { results } = await run(removal(pictures.url, { deliveryMethod, includeCost: true }));
      expect(results).toEqual([expect.objectContaining({ ...cutout, cost: 0.0006, status: 'success' })]);
    });

    it('sends a local file', async () => {
      const path = join(service.config.DATA_DIR, 'cup.png');
      await writeFile(path, await toPng(disc(60, 40)));
      const { results } = await ask([
        isNewer ? ['run', removal(path), 'file_to_data_uri'] : ['run', removal(path)],
      ]);
      expect(results).toEqual([expect.objectContaining(cutout)]);
    });

    it.each(['async', 'sync'])('gets base64 instead of a URL, %s', async (deliveryMethod) => {
      const { results } = await run(removal(pictures.url, { deliveryMethod, outputType: 'base64Data' }));
      expect(results).toEqual([expect.objectContaining({ imageBase64Data: expect.any(String) })]);
    });

    it('uploads an image, refers to it by UUID, and gets its result and details', async () => {
      const image = (await toPng(disc(60, 40))).toString('base64');
      const upload = await ask([['image_upload', { image }]]);
      const taskUUID = randomUUID();
      const { results } = await ask([
        ['run', removal(upload.results?.[0]?.['imageUUID'], { taskUUID })],
        ['get_response', { taskUUID }],
        ['get_task_details', { taskUUID }],
      ]);
      expect(results).toMatchObject([
        cutout,
        { ...cutout, status: 'success' },
        { response: { data: [cutout] } },
      ]);
    });

    it('raises our error when the image is bad', async () => {
      const taskUUID = randomUUID();
      const image = Buffer.from('no image').toString('base64');
      const { error, seconds } = await run(removal(image, { taskUUID }));
      expect(error).toMatchObject({
        code: 'validation',
        parameter: 'inputs.image',
        message: "The image in 'inputs.image' is not a PNG, JPEG or WEBP.",
        task_uuid: taskUUID,
      });
      expect(seconds).toBeLessThan(30);
    });

    it.each(['async', 'sync'])('raises our error when the task fails, %s', async (deliveryMethod) => {
      pictures.send(Buffer.from('no image'));
      const { error } = await run(removal(pictures.url, { deliveryMethod }));
      pictures.send(await toPng(disc(60, 40)));
      expect(error).toMatchObject({
        code: 'validation',
        parameter: 'inputs.image',
        task_type: 'removeBackground',
      });
    });

    it('sends settings', async () => {
      const { results } = await run(removal(pictures.url, { settings: { alphaMatting: true } }));
      expect(results).toHaveLength(1);
    });

    it('raises our error for a setting that is out of range', async () => {
      const { error } = await run(removal(pictures.url, { settings: { alphaMattingErodeSize: 0 } }));
      expect(error).toMatchObject({ code: 'validation', parameter: 'settings.alphaMattingErodeSize' });
    });

    it('raises at once when the key is bad', async () => {
      const { error, seconds } = await ask([['run', removal(pictures.url)]], { ...service, key: 'cc_wrong' });
      expect(error).toMatchObject({ code: 'auth', message: 'Invalid API key.' });
      expect(seconds).toBeLessThan(30);
    });
  });

  it.each<[Transport, string]>([
    ['rest', 'async'],
    ['rest', 'sync'],
    ['websocket', isNewer ? 'async' : 'sync'],
  ])(
    'completes with a single execution when the gateway restarts in the middle of a task: %s, %s',
    async (transport, method) => {
      const taskUUID = randomUUID();
      const task = removal(pictures.url, { taskUUID, deliveryMethod: method });
      const { results } = await runOverRestart(transport, task);
      expect(results).toEqual([expect.objectContaining({ ...cutout, taskUUID })]);
      expect(await executionsOf(taskUUID)).toEqual([1]);
    },
  );

  // The older client polls before it has reconnected. The newer one does not wait for a sync task that was sent over
  // the former connection, and ignores frames that come before it is authenticated again.
  const lost = isNewer ? 'sync' : 'async';
  it(`raises its retryable error when the gateway restarts in the middle of a task over websocket, ${lost}, and gets the result of the only execution when it sends the task again`, async () => {
    const task = removal(pictures.url, { taskUUID: randomUUID(), deliveryMethod: lost });
    const { error } = await runOverRestart('websocket', task);
    expect(error).toMatchObject({ code: 'connection', retryable: true });
    if (isNewer) expect(error).toMatchObject({ message: expect.stringMatching(/^Connection lost before/) });
    const { results } = await asker('websocket')([['run', task]]);
    expect(results).toEqual([expect.objectContaining(cutout)]);
    expect(await executionsOf(String(task['taskUUID']))).toEqual([1]);
  });

  it('gets the result of a sync task over websocket when a stopping gateway has time for it', async () => {
    const patient = await startService({ env: outbound, gatewayGraceMs: 60_000 });
    try {
      await patient.worker.start();
      pictures.hold();
      const askedBefore = pictures.asked();
      const task = removal(pictures.url, { deliveryMethod: 'sync' });
      const running = asker('websocket')([['run', task]], patient);
      await until('the worker', () => pictures.asked() > askedBefore);
      const stopping = patient.gateway.stop();
      await until('the stop', () => isRefused(patient.url));
      pictures.release();
      expect((await running).results).toEqual([expect.objectContaining(cutout)]);
      await stopping;
    } finally {
      pictures.release();
      await patient.stop();
    }
  });

  describe('with frames of more than 1 MiB, which the client refuses', () => {
    beforeAll(async () => pictures.send(await toPng(noise(900, 700))));
    afterAll(async () => pictures.send(await toPng(disc(60, 40))));

    const refusal = isNewer
      ? 'Your client accepts frames of at most 1048576 bytes'
      : 'Your client refused a frame of this size';
    const large = (deliveryMethod: string) =>
      removal(pictures.url, { deliveryMethod, outputType: 'base64Data' });

    it.each(['async', 'sync'])('gets an error over WebSocket, %s', async (deliveryMethod) => {
      const { error } = await asker('websocket')([['run', large(deliveryMethod)]]);
      expect(error).toMatchObject({
        code: 'validation',
        message: `${refusal}: use outputType URL.`,
        task_type: 'removeBackground',
      });
    });

    it('gets the image over REST', async () => {
      const { results } = await asker('rest')([['run', large('sync')]]);
      expect(String(results?.[0]?.['imageBase64Data']).length).toBeGreaterThan(1024 * 1024);
    });
  });
};

for (const version of ['1.4.0', '1.8.0']) {
  const client = await pythonClient(`runware-sdk-${version}`, 'runware_sdk_driver');
  client.describe(`runware-sdk ${version} (Python)`, cases(client, version !== '1.4.0'));
}
