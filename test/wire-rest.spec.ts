import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { removal, type Item } from '#test/client';
import { disc, noise, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const bytesOf = async (item: Item | undefined) =>
  Buffer.from(await (await fetch(String(item?.imageURL))).arrayBuffer());

const photo = (await toPng(disc(60, 40))).toString('base64');

describe('REST requests of Runware clients', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  const one = async (task: Record<string, unknown>, headers?: Record<string, string>) => {
    const { data, errors } = await service.post([{ taskUUID: randomUUID(), ...task }], headers);
    return { ...data[0], ...errors[0] };
  };

  it.each(['removeBackground', 'imageBackgroundRemoval', 'removeImageBackground'])(
    'may use the taskType %s, which the answer repeats',
    async (taskType) => {
      expect(await one({ taskType, model: 'runware:109@1', inputImage: photo })).toMatchObject({
        taskType,
        status: 'success',
      });
    },
  );

  it('may name the model by its slug, or omit it in the older task', async () => {
    const bySlug = await one({ taskType: 'removeBackground', model: 'rembg-v1-4', inputImage: photo });
    const without = await one({ taskType: 'imageBackgroundRemoval', inputImage: photo });
    expect([bySlug['status'], without['status']]).toEqual(['success', 'success']);
    expect(await one({ taskType: 'removeBackground', inputImage: photo })).toMatchObject({
      code: 'missingModel',
    });
  });

  it('may name the image by inputs.image, which adds the newer fields to the answer', async () => {
    const result = await one({ ...removal(''), inputImage: undefined, inputs: { image: photo } });
    expect(result).toMatchObject({
      status: 'success',
      mediaUUID: result['imageUUID'],
      mediaURL: result.imageURL,
    });
    const both = await one(removal(photo, { inputs: { image: photo } }));
    expect(both['status']).toBe('success');
    const differing = await one(removal(photo, { inputs: { image: randomUUID() } }));
    expect(differing).toMatchObject({ code: 'incompatibleParameters', parameter: 'inputs.image' });
    const neither = await one({ taskType: 'removeBackground', model: 'runware:109@1', inputs: {} });
    expect(neither).toMatchObject({ code: 'missingInputImage', parameter: 'inputs.image' });
  });

  it('are refused at once for a video', async () => {
    const task = {
      taskType: 'removeBackground',
      model: 'runware:109@1',
      inputs: { video: 'https://example.org/a.mp4' },
    };
    expect(await one(task)).toMatchObject({ code: 'unsupportedParameter', parameter: 'inputs.video' });
  });

  it('may contain settings, nested or at the root', async () => {
    const settings = {
      rgba: [255, 255, 255, 0],
      postProcessMask: false,
      returnOnlyMask: false,
      alphaMatting: false,
    };
    expect((await one(removal(photo, { settings })))['status']).toBe('success');
    expect((await one(removal(photo, settings)))['status']).toBe('success');
    expect((await one(removal(photo, { settings: { alphaMatting: true } })))['status']).toBe('success');
    expect((await one(removal(photo, { returnOnlyMask: true })))['status']).toBe('success');
  });

  it('may contain parameters of other tasks, which have no effect, and get warnings', async () => {
    const extras = {
      routing: { mode: ['any'], deep: { er: null } },
      checkNSFW: true,
      seed: 7,
      acceleration: 'high',
      skipResponse: false,
      positivePrompt: 'a cup',
      width: 512,
      height: 512,
      safety: {},
      providerSettings: { bria: {} },
      numberResults: 1,
    };
    const { numberResults: _, ...ignored } = extras;
    const warned = Object.keys(ignored).map((name) => ({
      code: 'ignoredParameter',
      message: `'${name}' has no effect in this service.`,
    }));
    const task = removal(photo, extras);
    const result = await one(task);
    expect(result['status']).toBe('success');
    expect(result['warnings']).toEqual(expect.arrayContaining(warned));
    expect(result['warnings']).toHaveLength(warned.length);
    const priced = await one(removal(photo, extras), {
      authorization: `Bearer ${service.key}`,
      'x-runware-dry-run': '1',
    });
    expect(priced['warnings']).toEqual(result['warnings']);
    expect(await one({ taskType: 'getResponse', taskUUID: task.taskUUID })).toEqual(result);
    expect(await one(removal(photo))).not.toHaveProperty('warnings');
    expect(await one(removal(photo, { numberResults: 2 }))).toMatchObject({
      parameter: 'numberResults',
      max: 1,
    });
  });

  it('may contain outputType as an array and a format in lower case', async () => {
    const result = await one(removal(photo, { outputType: ['base64Data'], outputFormat: 'webp' }));
    expect(result).toMatchObject({ result: 'success', status: 'success' });
    expect((await sharp(Buffer.from(String(result['imageBase64Data']), 'base64')).metadata()).format).toBe(
      'webp',
    );
  });

  it('may ask for several outputTypes, and get a field for each', async () => {
    const task = removal(photo, { outputType: ['URL', 'base64Data', 'dataURI', 'URL'].slice(0, 3) });
    const result = await one(task);
    const bytes = await bytesOf(result);
    expect(result).toMatchObject({
      imageBase64Data: bytes.toString('base64'),
      imageDataURI: `data:image/png;base64,${bytes.toString('base64')}`,
    });
    expect(result).not.toHaveProperty('result');
    expect(await one(task)).toEqual(result);
    expect(await one(removal(photo, { outputType: [] }))).toMatchObject({
      code: 'invalidOutputType',
      parameter: 'outputType',
    });
  });

  it('may send a ttl without a URL, and are told that it has no effect', async () => {
    const { warnings } = await one(removal(photo, { outputType: 'base64Data', ttl: 60 }));
    expect(warnings).toEqual([
      { code: 'ignoredParameter', message: "'ttl' has no effect without the outputType 'URL'." },
    ]);
  });

  it('may contain null for what they do not send', async () => {
    const nulls = {
      rgba: null,
      outputQuality: null,
      webhookURL: null,
      inputs: null,
      settings: { rgba: null },
    };
    const result = await one(removal(photo, nulls));
    expect([result['status'], result['warnings']]).toEqual(['success', undefined]);
  });

  it.each([
    ['bria:2@1', 'Bria RMBG 2.0 as hosted by Bria'],
    ['bria-video-background-removal', 'for videos'],
    ['ideogram:remove-background@0', 'Ideogram'],
  ])('naming the model %s of others are told the nearest here', async (model, name) => {
    const { code, parameter, message } = await one(removal(photo, { model }));
    expect([code, parameter]).toEqual(['invalidModel', 'model']);
    expect(message).toContain(name);
    expect(message).toContain("The nearest model here is 'runware:109@1' (RemBG 1.4).");
  });

  it.each([
    ['runware:109', 'runware:109@1'],
    ['RemBG-v1.4', 'rembg-v1-4'],
  ])('naming the model %s are asked whether they mean %s', async (model, meant) => {
    const { code, message } = await one(removal(photo, { model }));
    expect([code, message]).toEqual(['invalidModel', `There is no such model. Did you mean '${meant}'?`]);
  });

  it('may ask for the price only, by header or query, and nothing is stored', async () => {
    const task = removal(photo, { deliveryMethod: 'async' });
    const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' };
    const byHeader = await service.post([task], { ...headers, 'x-runware-dry-run': '1' });
    expect(byHeader.data).toEqual([{ taskType: 'removeBackground', taskUUID: task.taskUUID, cost: 0.0006 }]);
    const byQuery = await fetch(`${service.url}/v1?dryRun=1`, {
      method: 'POST',
      headers,
      body: JSON.stringify([task]),
    });
    expect(await byQuery.json()).toEqual({ data: byHeader.data });
    const bad = await service.post([{ ...task, inputImage: randomUUID() }], {
      ...headers,
      'x-runware-dry-run': '1',
    });
    expect([bad.status, bad.errors[0]?.code]).toEqual([404, 'mediaNotFound']);
    expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(0);
  });

  describe('in a dry run', () => {
    const dry = (task: Record<string, unknown>) => {
      const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' };
      const sent = { taskUUID: randomUUID(), ...task };
      return service.post([sent], { ...headers, 'x-runware-dry-run': '1' });
    };
    const countImages = () => service.database.image.count();
    const text = Buffer.from('This is a text, not a picture.').toString('base64');
    const hidden = 'http://10.0.0.1/a.png';

    it.each<[string, Record<string, unknown>]>([
      ['an upload', { taskType: 'imageUpload', image: photo }],
      ['an upload from a URL', { taskType: 'imageUpload', image: 'https://shop.example/cup.jpg' }],
      ['an upload by its newer name', { taskType: 'mediaStorage', media: photo }],
    ])('checks %s, names its price and stores nothing', async (_, task) => {
      const before = await countImages();
      const { status, data } = await dry(task);
      expect([status, data]).toMatchObject([200, [{ taskType: task['taskType'], cost: 0 }]]);
      expect(await countImages()).toBe(before);
    });

    const cut = photo.slice(0, Math.floor(photo.length / 8) * 4);
    it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
      [
        'an upload that is no image',
        { taskType: 'imageUpload', image: text },
        { code: 'unsupportedImageFormat', parameter: 'image' },
      ],
      [
        'an upload that ends early',
        { taskType: 'imageUpload', image: cut },
        { code: 'invalidInputImage', parameter: 'image' },
      ],
      [
        'an upload from an address that is not public',
        { taskType: 'imageUpload', image: hidden },
        { code: 'invalidInputImageURL', parameter: 'image' },
      ],
      [
        'an upload of what is stored already',
        { taskType: 'mediaStorage', media: randomUUID() },
        { code: 'invalidInputImage', parameter: 'media' },
      ],
      [
        'the deletion of an image that does not exist',
        { taskType: 'mediaStorage', operation: 'delete', media: randomUUID() },
        { code: 'mediaNotFound', parameter: 'media' },
      ],
      [
        'a removal whose image has an address that is not public',
        removal(hidden),
        { code: 'invalidInputImageURL', parameter: 'inputImage' },
      ],
      [
        'a removal whose webhook has an address that is not public',
        removal(photo, { webhookURL: hidden }),
        { code: 'invalidWebhookURL', parameter: 'webhookURL' },
      ],
      [
        'a removal whose endpoint has an address that is not public',
        removal(photo, { uploadEndpoint: hidden }),
        { code: 'invalidUploadEndpoint', parameter: 'uploadEndpoint' },
      ],
    ])('refuses %s', async (_, task, error) => {
      const { errors } = await dry(task);
      expect(errors).toMatchObject([error]);
    });

    it('finds an image that could be deleted, and leaves it', async () => {
      const stored = await one({ taskType: 'mediaStorage', media: photo });
      const { status, data } = await dry({
        taskType: 'mediaStorage',
        operation: 'delete',
        media: stored['mediaUUID'],
      });
      expect([status, data]).toMatchObject([200, [{ taskType: 'mediaStorage', cost: 0 }]]);
      expect((await fetch(String(stored['mediaURL']))).status).toBe(200);
    });
  });

  it('store, use and delete media, whose address answers 410 afterwards', async () => {
    const stored = await one({ taskType: 'mediaStorage', media: photo });
    expect(stored).toMatchObject({ taskType: 'mediaStorage', operation: 'upload', status: 'success' });
    expect((await one(removal(String(stored['mediaUUID']))))['status']).toBe('success');

    const deletion = { taskType: 'mediaStorage', operation: 'delete', media: stored['mediaUUID'] };
    expect(await one(deletion)).toMatchObject({ operation: 'delete', mediaUUID: stored['mediaUUID'] });
    expect((await fetch(String(stored['mediaURL']))).status).toBe(410);
    expect(await one(removal(String(stored['mediaUUID'])))).toMatchObject({ code: 'mediaExpired' });
    expect(await one(deletion)).toMatchObject({ code: 'mediaNotFound', parameter: 'media' });
  });

  it('get the details of a task', async () => {
    const task = removal(photo, { outputFormat: 'JPG', includeCost: true });
    const { data } = await service.post([task]);
    const details = await one({ taskType: 'getTaskDetails', taskUUID: task.taskUUID });
    expect(details).toMatchObject({
      taskUUID: task.taskUUID,
      request: [
        { taskType: 'removeBackground', outputFormat: 'JPG', inputImage: data[0]?.['inputImageUUID'] },
      ],
      response: { data },
    });
  });

  it('get a task as they sent it, which can be sent again', async () => {
    const task = removal(photo, {
      outputFormat: 'jpg',
      outputType: ['URL'],
      rgba: null,
      settings: { alphaMatting: true },
      safety: { mode: 'fast', apiKey: 'hush' },
      routing: { a: ['deep', { er: '\u0000' }] },
      deliveryMethod: 'async',
      webhookURL: 'https://shop.example/hook?token=hush',
      uploadEndpoint: 'https://shop.example/put',
      includeCost: true,
    });
    await service.post([task]);
    const row = await service.database.task.findFirst({ where: { taskUuid: task.taskUUID } });
    expect(row?.sentTask).toMatch(/^sealed:/);

    const { request } = await one({ taskType: 'getTaskDetails', taskUUID: task.taskUUID });
    const [sent] = request as [Record<string, unknown>];
    expect(sent).toEqual({
      ...task,
      inputImage: row?.inputImageId,
      safety: { mode: 'fast', apiKey: 'REDACTED' },
      webhookURL: 'https://shop.example/REDACTED',
    });
    expect(Object.keys(sent)).toEqual(Object.keys(task));
    const again = { ...sent, taskUUID: randomUUID(), deliveryMethod: 'sync', webhookURL: null };
    const repeated = await one({ ...again, uploadEndpoint: null });
    expect([repeated['status'], repeated['inputImageUUID']]).toEqual(['success', row?.inputImageId]);
  });

  it('get what the row of an older gateway says of a task', async () => {
    const task = removal(photo, { settings: { postProcessMask: true } });
    const result = await one(task);
    await service.database.task.updateMany({
      where: { taskUuid: task.taskUUID },
      data: { sentTask: null },
    });
    const { request } = await one({ taskType: 'getTaskDetails', taskUUID: task.taskUUID });
    const { settings: _, ...rest } = task as Record<string, unknown>;
    const output = { outputType: 'URL', outputFormat: 'PNG', outputQuality: 95, includeCost: false };
    expect(request).toEqual([{ ...rest, inputImage: result['inputImageUUID'], ...output }]);
  });

  it('get an upload without its bytes', async () => {
    const taskUUID = randomUUID();
    const image = (await toPng(noise(60, 60))).toString('base64');
    await service.post([{ taskType: 'imageUpload', taskUUID, image }]);
    const { request } = await one({ taskType: 'getTaskDetails', taskUUID });
    expect(request).toEqual([
      { taskType: 'imageUpload', taskUUID, image: `${image.slice(0, 64)}… (${image.length} characters)` },
    ]);
  });

  it('may test a key with an authentication task alone', async () => {
    const ask = (apiKey: string) => service.post([{ taskType: 'authentication', apiKey }], {});
    expect((await ask(service.key)).body).toEqual({ data: [{ taskType: 'authentication' }] });
    expect(await ask('wrong')).toMatchObject({
      status: 401,
      errors: [{ code: 'invalidApiKey', taskType: 'authentication' }],
    });
  });

  it('get a link to the documentation of a faulty parameter', async () => {
    const { documentation } = await one(removal(photo, { outputQuality: 5 }));
    expect(documentation).toBe(`${service.config.PUBLIC_URL}/reference#request-outputquality`);
  });

  it('are refused at once for impossible callback addresses', async () => {
    expect(await one(removal(photo, { webhookURL: 'http://127.0.0.1:1/hook' }))).toMatchObject({
      code: 'invalidWebhookURL',
    });
    expect(await one(removal(photo, { uploadEndpoint: 'ftp://example.org/' }))).toMatchObject({
      parameter: 'uploadEndpoint',
    });
    expect(await one(removal(photo, { ttl: 59 }))).toMatchObject({ code: 'invalidTtl', min: 60 });
  });

  it('keep a result for its ttl', async () => {
    const result = await one(removal(photo, { ttl: 60 }));
    expect((await bytesOf(result)).length).toBeGreaterThan(0);
    const imageUUID = String(result['imageUUID']);
    await service.database.image.update({
      where: { id: imageUUID },
      // The gateway reckons Postgres' time to within some milliseconds.
      data: { expiresAt: new Date(Date.now() - 10_000) },
    });
    expect((await fetch(String(result.imageURL))).status).toBe(410);
  });

  it('with three bad tasks of twenty get seventeen results and three errors, in order', async () => {
    const bad = new Map<number, Record<string, unknown>>([
      [2, { outputFormat: 'GIF' }],
      [9, { inputImage: 'no image at all' }],
      [19, { model: 'runware:1@1' }],
    ]);
    const tasks = Array.from({ length: 20 }, (_, i) => removal(photo, bad.get(i)));
    const { status, data, errors } = await service.post(tasks);
    const uuids = (wanted: boolean) =>
      tasks.filter((_, i) => bad.has(i) === wanted).map(({ taskUUID }) => taskUUID);
    expect(status).toBe(200);
    expect(data.map(({ taskUUID }) => taskUUID)).toEqual(uuids(false));
    expect(errors.map(({ taskUUID }) => taskUUID)).toEqual(uuids(true));
    expect(errors.map(({ code }) => code)).toEqual([
      'invalidOutputFormat',
      'unsupportedImageFormat',
      'invalidModel',
    ]);
  });

  it('sent fifty times at once get fifty equal answers from one execution', async () => {
    const task = removal(photo);
    const replies = await Promise.all(Array.from({ length: 50 }, () => service.post([task])));
    const [first] = replies;
    expect(replies.map(({ status }) => status)).toEqual(Array<number>(50).fill(200));
    for (const { data } of replies) expect(data).toEqual(first?.data);
    const rows = await service.database.task.findMany({ where: { taskUuid: task.taskUUID } });
    expect(rows.map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('leave no readable URL in the database while the task waits', async () => {
    await service.worker.stop();
    const secret = 'X-Amz-Signature=hush';
    const task = removal(`https://shop.example/cup.jpg?${secret}`, {
      deliveryMethod: 'async',
      webhookURL: `https://shop.example/hook?${secret}`,
      uploadEndpoint: `https://shop.example/put?${secret}`,
    });
    expect((await service.post([task])).status).toBe(200);
    const row = await service.database.task.findFirst({ where: { taskUuid: task.taskUUID } });
    expect(row).toMatchObject({ webhookHost: 'shop.example', inputUrl: expect.stringMatching(/^sealed:/) });
    expect(JSON.stringify(row)).not.toContain('hush');
    await service.worker.start();
  });

  it('get links to a page that explains the parameter', async () => {
    const { errors } = await service.post([removal(photo, { settings: { rgba: 'white' } })]);
    const link = new URL(String(errors[0]?.['documentation']));
    expect(link.pathname + link.hash).toBe('/reference#request-settings-rgba');
    const page = await fetch(new URL(link.pathname, service.url));
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await page.text()).toContain(`id="${link.hash.slice(1)}"`);
  });
});

describe('a caller with too many tasks in flight', () => {
  let service: Service;
  let photo: string;
  beforeAll(async () => {
    service = await startService({ env: { MAX_TASKS_IN_FLIGHT: '3' } });
    photo = (await toPng(disc(60, 40))).toString('base64');
  });
  afterAll(() => service.stop());

  it('is told when to retry, and still gets the results of its tasks in flight', async () => {
    const tasks = Array.from({ length: 3 }, () => removal(photo, { deliveryMethod: 'async' }));
    expect((await service.post(tasks)).data).toHaveLength(3);
    const { status, errors } = await service.post([removal(photo)]);
    expect([status, errors[0]]).toEqual([
      429,
      expect.objectContaining({ code: 'rateLimitExceeded', max: 3, retryAfter: expect.any(Number) }),
    ]);
    expect((await service.post(tasks)).data).toHaveLength(3);

    await service.worker.start();
    const late = removal(photo);
    await until('room for one more', async () => (await service.post([late])).status === 200);
  });
});
