import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { connect, itemOf } from '#test/socket-client';

describe('ComfyUI-Runware by RUNWARE_CUSTOM_ENDPOINT (Python; imitated)', () => {
  let service: Service;
  let photo: string;

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    photo = `data:image/png;base64,${(await toPng(disc(60, 40))).toString('base64')}`;
  });
  afterAll(() => service.stop());

  /** What the client's node sends. */
  const removal = (inputImage: string, settings: Record<string, unknown> = {}) => ({
    taskType: 'imageBackgroundRemoval',
    taskUUID: randomUUID(),
    inputImage,
    outputType: 'URL',
    outputFormat: 'WEBP',
    outputQuality: 95,
    model: 'runware:109@1',
    settings: { postProcessMask: false, returnOnlyMask: false, alphaMatting: false, ...settings },
  });
  const headers = () => ({ authorization: `Bearer ${service.key}`, 'x-sdk-name': 'comfyui' });

  it.each([
    ['good', () => service.key, false],
    ['bad', () => 'cc_wrong_and_longer_than_24_characters', true],
  ])('tests a key with an authentication task alone: %s', async (_, key, isRefused) => {
    const authentication = { taskType: 'authentication', apiKey: key() };
    const { body } = await service.post([authentication], { 'x-sdk-name': 'comfyui' });
    // The client treats any `errors` key as a refusal, whatever it contains.
    expect('errors' in (body as object)).toBe(isRefused);
  });

  it('gets a pong over REST', async () => {
    expect((await service.post([{ taskType: 'ping', ping: true }], headers())).data).toEqual([
      { taskType: 'ping', pong: true },
    ]);
  });

  it('removes a background over REST', async () => {
    const task = removal(photo);
    const { body } = await service.post([task], headers());
    expect(body).toEqual({
      data: [
        expect.objectContaining({
          taskType: 'imageBackgroundRemoval',
          taskUUID: task.taskUUID,
          imageURL: expect.stringMatching(/\.webp$/),
        }),
      ],
    });
  });

  it('sends safety, acceleratorOptions and providerSettings, which have no effect', async () => {
    const extras = {
      safety: { checkContent: false },
      acceleratorOptions: { teaCache: false },
      providerSettings: { bria: { preserveAlpha: true } },
    };
    const { data } = await service.post([{ ...removal(photo), ...extras }], headers());
    expect(data).toMatchObject([{ status: 'success' }]);
  });

  it('uploads an image and refers to it by UUID', async () => {
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: photo };
    const { data } = await service.post([upload], headers());
    const { data: removed } = await service.post([removal(String(data[0]?.['imageUUID']))], headers());
    expect(removed).toMatchObject([{ imageUUID: expect.any(String) }]);
  });

  it('sends other settings', async () => {
    const { data } = await service.post(
      [removal(photo, { alphaMatting: true, rgba: [0, 0, 255, 1] })],
      headers(),
    );
    expect(data).toMatchObject([{ imageUUID: expect.any(String) }]);
  });

  it('gets errors for settings that are out of range', async () => {
    const { body } = await service.post([removal(photo, { alphaMattingErodeSize: 0 })], headers());
    expect(body).toMatchObject({
      errors: [{ code: 'invalidParameter', parameter: 'settings.alphaMattingErodeSize', min: 1 }],
    });
  });

  it('removes a background over WebSocket, where the first item completes its task', async () => {
    const client = await connect(service.url, { headers: { 'x-sdk-name': 'comfyui' } });
    const session = await client.authenticate(service.key);
    const task = removal(photo);
    client.send([task]);
    const frame = await client.frameOf(task.taskUUID);
    expect(itemOf(frame)).toMatchObject({ taskType: 'imageBackgroundRemoval', imageURL: expect.any(String) });
    client.socket.terminate();

    // After a lost connection, the client resumes its session and sends the same task again.
    const again = await connect(service.url);
    await again.authenticate(service.key, session);
    again.send([task]);
    expect(itemOf(await again.frameOf(task.taskUUID)).imageURL).toBe(itemOf(frame).imageURL);
    again.socket.terminate();
  });
});
