import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { pythonClient } from '#test/python-client';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const model = 'runware:109@1';
const cutout = { imageUUID: expect.any(String), imageURL: expect.stringMatching(/^http/) };
const client = await pythonClient('runware', 'runware_driver');

client.describe('runware 0.5.24 (Python, WebSocket)', () => {
  let service: Service;
  let pictures: PictureServer;
  let receiver: Receiver;

  beforeAll(async () => {
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    await service.dispatcher.start();
    pictures = await startPictureServer(await toPng(disc(60, 40)));
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await receiver.stop();
  });

  const remove = (task: Record<string, unknown>, key = service.key) =>
    client.run({ url: `${service.url.replace('http', 'ws')}/v1`, key, task: { model, ...task } });

  it('removes the background of a URL, a data URI, base64 and a UUID', async () => {
    const photo = (await toPng(disc(60, 40))).toString('base64');
    const { data } = await service.post([{ taskType: 'imageUpload', taskUUID: randomUUID(), image: photo }]);
    for (const inputImage of [
      pictures.url,
      `data:image/png;base64,${photo}`,
      photo,
      data[0]?.['imageUUID'],
    ]) {
      const { results } = await remove({ inputImage, outputFormat: 'PNG', includeCost: true });
      expect(results).toEqual([expect.objectContaining({ ...cutout, cost: 0.0006 })]);
    }
  });

  it('uploads a local file and removes its background', async () => {
    const inputImage = join(service.config.DATA_DIR, 'cup.png');
    await writeFile(inputImage, await toPng(disc(60, 40)));
    const uploads = await service.database.task.count({ where: { taskType: 'imageUpload' } });
    expect((await remove({ inputImage })).results).toEqual([expect.objectContaining(cutout)]);
    expect(await service.database.task.count({ where: { taskType: 'imageUpload' } })).toBe(uploads + 1);
  });

  it('removes a background without naming a model', async () => {
    const { results } = await remove({ inputImage: pictures.url, model: undefined });
    expect(results).toEqual([expect.objectContaining(cutout)]);
  });

  it('sends default settings', async () => {
    const settings = { rgba: [255, 255, 255, 0], alphaMattingErodeSize: 10 };
    expect((await remove({ inputImage: pictures.url, settings })).results).toHaveLength(1);
  });

  it('sends other settings', async () => {
    const settings = { alphaMatting: true, postProcessMask: true };
    expect((await remove({ inputImage: pictures.url, settings })).results).toHaveLength(1);
  });

  it('raises our error for a setting that is out of range', async () => {
    const { error } = await remove({ inputImage: pictures.url, settings: { alphaMattingErodeSize: 256 } });
    expect(error).toMatchObject({
      type: 'RunwareAPIError',
      code: 'invalidParameter',
      parameter: 'alphaMattingErodeSize',
    });
  });

  it('raises our error code when the image is bad', async () => {
    const ran = await remove({ inputImage: Buffer.from('no image').toString('base64') });
    expect(ran.error).toMatchObject({ type: 'RunwareAPIError', code: 'unsupportedImageFormat' });
    expect(ran.seconds).toBeLessThan(30);
  });

  it('gets an acknowledgement when it names a webhook, which gets the result', async () => {
    const taskUUID = randomUUID();
    const webhookURL = `${receiver.url}/hook`;
    const { results } = await remove({ inputImage: pictures.url, taskUUID, webhookURL });
    expect(results).toEqual([expect.objectContaining({ taskType: 'imageBackgroundRemoval', taskUUID })]);
    const { body } = await until('the webhook', () => receiver.received('/hook')[0]);
    expect(JSON.parse(body.toString())).toMatchObject({ taskUUID, ...cutout });
  });

  it('sends its task again after close 1012, and the task runs once', async () => {
    pictures.hold();
    const askedBefore = pictures.asked();
    const taskUUID = randomUUID();
    const running = remove({ inputImage: pictures.url, taskUUID });
    await until('the worker', () => pictures.asked() > askedBefore);
    await service.gateway.stop();
    await service.gateway.start();
    pictures.release();

    expect((await running).results).toEqual([expect.objectContaining({ ...cutout, taskUUID })]);
    expect(await service.database.task.findMany({ where: { taskUuid: taskUUID } })).toMatchObject([
      { attempt: 1 },
    ]);
    expect(pictures.asked()).toBe(askedBefore + 1);
  });

  it('raises when the key is bad', async () => {
    const { error, seconds } = await remove({ inputImage: pictures.url }, 'cc_wrong');
    expect(error).toMatchObject({
      type: 'ConnectionError',
      text: expect.stringContaining('Invalid API key'),
    });
    expect(seconds).toBeLessThan(30);
  });
});
