import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRunware } from '@runware/ai-sdk-provider';
import { generateImage } from 'ai';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

describe('@runware/ai-sdk-provider 2.0.0 (JavaScript, REST, with ai 6)', () => {
  let service: Service;
  let photo: string;

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    photo = (await toPng(disc(60, 40))).toString('base64');
  });
  afterAll(() => service.stop());

  /** The provider knows imageInference only. Its options can name another task, and replace what it sends. */
  const generate = (options: Record<string, string> = {}, apiKey = service.key) =>
    generateImage({
      model: createRunware({ apiKey, baseURL: `${service.url}/v1` }).image('runware:109@1'),
      prompt: 'a cup',
      maxRetries: 0,
      providerOptions: { runware: options },
    });
  const errorIn = (responseBody: string) => ({
    responseBody: expect.stringContaining(responseBody),
  });

  it('gets our error for imageInference, which is not offered', async () => {
    await expect(generate()).rejects.toMatchObject({
      statusCode: 400,
      ...errorIn('"code":"unsupportedTaskType"'),
    });
  });

  it('gets our error when its key is bad', async () => {
    await expect(generate({}, 'cc_wrong')).rejects.toMatchObject({
      statusCode: 401,
      ...errorIn('"message":"Invalid API key."'),
    });
  });

  it('sends a removal by its options, which succeeds, but refuses answers of other tasks than imageInference', async () => {
    const taskUUID = crypto.randomUUID();
    const options = { taskType: 'removeBackground', taskUUID, inputImage: photo };
    await expect(generate(options)).rejects.toMatchObject({
      message: 'Invalid JSON response',
      ...errorIn('"status":"success"'),
    });
    expect(await service.database.task.findMany({ where: { taskUuid: taskUUID } })).toMatchObject([
      { state: 'succeeded' },
    ]);
  });
});
