import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { putKey } from '#database';
import { createClient, removal, type Reply } from '#test/client';
import {
  bombPng,
  disc,
  hollowJpeg,
  hollowPng,
  hollowWebp,
  noise,
  toJpeg,
  toPng,
  writePng,
} from '#test/pictures';
import { rawRequest } from '#test/raw-request';
import { startService, type Service } from '#test/service';
import { HANG_MS, until } from '#test/until';

const png = await toPng(disc(40, 30));
const base64 = png.toString('base64');
const halfOf = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2).toString('base64');
const halfPng = halfOf(await toPng(noise(60, 60)));
const halfJpeg = halfOf(await toJpeg(noise(60, 60)));
const bomb = bombPng().toString('base64');
const gif = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const inBase64 = (bytes: Buffer) => bytes.toString('base64');
const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').toString('base64');
const largeJpeg = inBase64(await hollowJpeg(65_535, 65_535));
const largeWebp = inBase64(await hollowWebp(16_383, 16_383));
const text = Buffer.from('This is a text, not a picture.').toString('base64');

/** A removal with some parameters replaced, or left out when `undefined`. */
const changed = (change: Record<string, unknown>) => removal(base64, change);
const upload = (image?: unknown) => ({ taskType: 'imageUpload', taskUUID: randomUUID(), image });
const outOfRange = { code: 'invalidOutputQuality', type: 'integer', min: 20, max: 99 };
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Expects one error, no `data` key, and an answer that waits for nothing. */
const expectRefusal = ({ body, errors, ms }: Reply, error: Record<string, unknown>) => {
  expect(errors[0]).toMatchObject({ ...error, message: expect.stringMatching(/^\S.+[.?]$/s) });
  expect(errors).toHaveLength(1);
  expect(body).not.toHaveProperty('data');
  expect(ms).toBeLessThan(HANG_MS);
};

describe('bad input', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(async () => {
    // After all the bad input above, the same service still works.
    const { status, data } = await service.post([removal(base64)]);
    expect([status, data[0]?.['status']]).toEqual([200, 'success']);
    await service.stop();
  });

  describe('bad requests', () => {
    it.each([
      ['no JSON', '{"taskType":'],
      ['no body', ''],
      ['an object', '{"taskType":"ping"}'],
      ['a number', '7'],
      ['a string', '"ping"'],
      ['null', 'null'],
      ['a forbidden key', '[{"__proto__":{"taskType":"ping"}}]'],
    ])('the gateway refuses %s', async (_, body) => {
      const reply = await service.postRaw(body);
      expect(reply.status).toBe(400);
      expectRefusal(reply, { code: 'invalidRequestBody' });
    });

    it.each(['application/xml', 'application/octet-stream', 'image/png', 'multipart/form-data'])(
      'the gateway refuses a body of type %s',
      async (type) => {
        const headers = { authorization: `Bearer ${service.key}`, 'content-type': type };
        const reply = await service.postRaw('[{"taskType":"ping"}]', headers);
        expect(reply.status).toBe(400);
        expectRefusal(reply, { code: 'invalidRequestBody' });
        expect(reply.errors[0]?.['message']).toContain('Content-Type: application/json');
      },
    );

    it('the gateway refuses an array without tasks', async () => {
      const reply = await service.post([]);
      expect(reply.status).toBe(400);
      expectRefusal(reply, { code: 'arrayTooSmall', min: 1 });
    });

    it('the gateway accepts 100 tasks and refuses 101', async () => {
      const pings = Array.from({ length: 101 }, () => ({ taskType: 'ping' }));
      expect((await service.post(pings.slice(1))).data).toHaveLength(100);
      const reply = await service.post(pings);
      expect(reply.status).toBe(400);
      expectRefusal(reply, { code: 'maxTasksPerRequestExceeded', max: 100 });
    });

    it('the gateway refuses a body of more than 64 MB', async () => {
      const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' };
      const body = Buffer.alloc(64 * 1024 * 1024 + 1, ' ');
      const { status, text } = await rawRequest(service.url, '/v1', { method: 'POST', headers, body });
      expect(status).toBe(413);
      expect(JSON.parse(text)).toMatchObject({
        errors: [{ code: 'maxBodySizeExceeded', max: 64 * 1024 * 1024 }],
      });
    });
  });

  describe('bad API keys', () => {
    const authentication = (apiKey: unknown) => ({ taskType: 'authentication', apiKey });

    it.each([
      ['no key', {}, 'missingApiKey'],
      ['a key of another scheme', { authorization: 'Basic Y2xlYXI6Y3V0' }, 'missingApiKey'],
      ['an unknown key', { authorization: `Bearer ${randomUUID()}` }, 'invalidApiKey'],
    ])('the gateway refuses %s', async (_, headers, code) => {
      const reply = await service.post([{ taskType: 'ping' }], headers);
      expect(reply.status).toBe(401);
      expectRefusal(reply, { code, parameter: 'apiKey', taskType: 'authentication' });
    });

    it('the gateway refuses an unknown key in an authentication task', async () => {
      const reply = await service.post([authentication(randomUUID()), { taskType: 'ping' }], {});
      expect(reply.status).toBe(401);
      expectRefusal(reply, { code: 'invalidApiKey', parameter: 'apiKey', taskType: 'authentication' });
    });

    it.each([[7], [''], [undefined], ['\u0000']])(
      'the gateway refuses the key %j of a task',
      async (apiKey) => {
        const reply = await service.post([authentication(apiKey)], {});
        expect([reply.status >= 400, reply.status < 500]).toEqual([true, true]);
        expectRefusal(reply, { taskType: 'authentication', parameter: 'apiKey' });
      },
    );

    it('the gateway accepts the right key in an authentication task', async () => {
      const alone = await service.post([authentication(service.key)], {});
      expect([alone.status, alone.body]).toEqual([200, { data: [{ taskType: 'authentication' }] }]);
      const { status, data } = await service.post([authentication(service.key), { taskType: 'ping' }], {});
      expect([status, data]).toEqual([200, [{ taskType: 'ping', pong: true }]]);
    });

    it('the gateway refuses a key that was replaced', async () => {
      const key = randomUUID();
      await putKey(service.database, 'replaced', key);
      const client = createClient(service.url, key);
      expect((await client.post([{ taskType: 'ping' }])).status).toBe(200);
      await putKey(service.database, 'replaced', randomUUID());
      // A gateway knows a key for up to a second.
      const refused = await until('the refusal', async () => {
        const reply = await client.post([{ taskType: 'ping' }]);
        return reply.status === 200 ? undefined : reply;
      });
      expectRefusal(refused, { code: 'invalidApiKey' });
    });
  });

  describe('bad tasks', () => {
    it.each([['text'], [7], [null], [[]]])('the gateway refuses %j as task', async (task) => {
      const reply = await service.post([task]);
      expect(reply.status).toBe(400);
      expectRefusal(reply, { code: 'invalidRequestBody' });
    });

    it.each([['imageInference'], [7], ['constructor'], [null], [{}]])(
      'the gateway refuses %j as taskType',
      async (taskType) => {
        const taskUUID = randomUUID();
        const reply = await service.post([{ taskType, taskUUID }]);
        expect(reply.status).toBe(400);
        expectRefusal(reply, { code: 'unsupportedTaskType', parameter: 'taskType', taskUUID });
        expect(reply.errors[0]?.['allowedValues']).toEqual(
          expect.arrayContaining(['removeBackground', 'imageUpload', 'getResponse', 'ping']),
        );
      },
    );

    it('the gateway refuses a taskType that is deeply nested or long', async () => {
      for (const taskType of [deep(50_000), `"${'a'.repeat(1_000_000)}"`]) {
        const reply = await service.postRaw(`[{"taskType":${taskType}}]`);
        expect(reply.status).toBe(400);
        expectRefusal(reply, { code: 'unsupportedTaskType' });
        expect(String(reply.errors[0]?.['message']).length).toBeLessThan(300);
      }
    });

    it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
      ['no taskUUID', { taskUUID: undefined }, { code: 'missingTaskUUID' }],
      ['a malformed taskUUID', { taskUUID: '7c1f0a52' }, { code: 'invalidTaskUUID', taskUUID: '7c1f0a52' }],
      ['a number as taskUUID', { taskUUID: 7 }, { code: 'invalidTaskUUID' }],
      ['no inputImage', { inputImage: undefined }, { code: 'missingInputImage' }],
      ['an empty inputImage', { inputImage: '' }, { code: 'invalidInputImage' }],
      ['an object as inputImage', { inputImage: {} }, { code: 'invalidInputImage' }],
      ['no model', { model: undefined }, { code: 'missingModel' }],
      [
        'an unknown model',
        { model: 'a:1@1' },
        { code: 'invalidModel', allowedValues: ['runware:109@1', 'acme:1@1'] },
      ],
      ['outputQuality 19', { outputQuality: 19 }, outOfRange],
      ['outputQuality 100', { outputQuality: 100 }, outOfRange],
      ['outputQuality 50.5', { outputQuality: 50.5 }, outOfRange],
      ['outputQuality "90"', { outputQuality: '90' }, outOfRange],
      [
        'outputType "file"',
        { outputType: 'file' },
        { code: 'invalidOutputType', allowedValues: ['URL', 'base64Data', 'dataURI'] },
      ],
      [
        'outputFormat "GIF"',
        { outputFormat: 'GIF' },
        { code: 'invalidOutputFormat', allowedValues: ['PNG', 'JPG', 'WEBP'] },
      ],
      ['a number as outputFormat', { outputFormat: 7 }, { code: 'invalidOutputFormat' }],
      [
        'deliveryMethod "mail"',
        { deliveryMethod: 'mail' },
        { code: 'invalidDeliveryMethod', allowedValues: ['sync', 'async'] },
      ],
      ['includeCost "yes"', { includeCost: 'yes' }, { code: 'invalidIncludeCost', type: 'boolean' }],
      ['an unknown parameter', { outputSize: 3 }, { code: 'unsupportedParameter' }],
      ['webhookURL without scheme', { webhookURL: 'example.org' }, { code: 'invalidWebhookURL' }],
      ['uploadEndpoint by ftp', { uploadEndpoint: 'ftp://example.org' }, { code: 'invalidUploadEndpoint' }],
      ['ttl 59', { ttl: 59 }, { code: 'invalidTtl', min: 60 }],
      ['settings as text', { settings: 'soft' }, { code: 'invalidParameter', type: 'object' }],
    ])('the gateway refuses %s', async (_, change, error) => {
      const task = changed(change);
      const before = await service.database.task.count();
      const reply = await service.post([task]);
      expect(await service.database.task.count()).toBe(before);
      expect(reply.status).toBe(400);
      expectRefusal(reply, { parameter: Object.keys(change)[0], taskType: 'removeBackground', ...error });
      if (!('taskUUID' in change)) expect(reply.errors[0]?.taskUUID).toBe(task.taskUUID);
    });

    it('a missing taskUUID is reported before any other fault', async () => {
      const reply = await service.post([{ taskType: 'removeBackground', outputQuality: 1 }]);
      const [first, second] = reply.errors;
      expect(first).toMatchObject({ code: 'missingTaskUUID', parameter: 'taskUUID' });
      expect(second).toMatchObject(outOfRange);
    });

    it('the gateway refuses a task without taskType', async () => {
      const taskUUID = randomUUID();
      const reply = await service.post([{ taskUUID }]);
      expect(reply.status).toBe(400);
      expectRefusal(reply, { code: 'missingTaskType', parameter: 'taskType', taskUUID });
    });

    it('the gateway refuses both of two tasks with the same taskUUID', async () => {
      const task = removal(base64);
      const { status, errors, body } = await service.post([
        task,
        { ...upload(base64), taskUUID: task.taskUUID.toUpperCase() },
      ]);
      expect([status, errors.map(({ code }) => code)]).toEqual([
        400,
        ['duplicateTaskUUID', 'duplicateTaskUUID'],
      ]);
      expect(body).not.toHaveProperty('data');
      expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(0);
    });

    it('a ping is answered with and without taskUUID; a malformed one is refused', async () => {
      const { data } = await service.post([
        { taskType: 'ping', ping: true },
        { taskType: 'ping', taskUUID: randomUUID() },
      ]);
      expect(data).toEqual([
        { taskType: 'ping', pong: true },
        { taskType: 'ping', pong: true },
      ]);
      expectRefusal(await service.post([{ taskType: 'ping', taskUUID: 'a' }]), { code: 'invalidTaskUUID' });
    });

    it('getResponse does not know an unknown task or the task of another key', async () => {
      const unknown = randomUUID();
      const reply = await service.post([{ taskType: 'getResponse', taskUUID: unknown }]);
      expect(reply.status).toBe(404);
      expectRefusal(reply, { code: 'taskNotFound', taskType: 'getResponse', taskUUID: unknown });

      const task = removal(base64);
      await service.post([task]);
      const key = randomUUID();
      await putKey(service.database, 'curious', key);
      const stranger = createClient(service.url, key);
      expectRefusal(await stranger.post([{ taskType: 'getResponse', taskUUID: task.taskUUID }]), {
        code: 'taskNotFound',
      });
    });
  });

  describe('bad images', () => {
    const images: [string, string, string][] = [
      ['broken base64', `${base64.slice(0, -4)}!!!!`, 'invalidInputImage'],
      ['base64 that lacks a symbol', base64.slice(0, 41), 'invalidInputImage'],
      ['a data URI without base64', 'data:image/png,pixels', 'invalidInputImage'],
      ['an empty data URI', 'data:image/png;base64,', 'unsupportedImageFormat'],
      ['a text', text, 'unsupportedImageFormat'],
      ['a GIF', gif, 'unsupportedImageFormat'],
      ['a GIF that says it is a PNG', `data:image/png;base64,${gif}`, 'unsupportedImageFormat'],
      ['an SVG', svg, 'unsupportedImageFormat'],
      ['a PNG signature and nothing else', base64.slice(0, 12), 'invalidInputImage'],
      ['a truncated PNG', halfPng, 'invalidInputImage'],
      ['a truncated JPEG', halfJpeg, 'invalidInputImage'],
      ['a PNG of 30000 × 30000 pixels', bomb, 'maxImageSizeExceeded'],
      ['a PNG of 65536 × 1 pixels', inBase64(writePng(65_536, 1)), 'maxImageSizeExceeded'],
      ['a PNG of 50000000 × 1 pixels', inBase64(hollowPng(50_000_000, 1)), 'maxImageSizeExceeded'],
      ['a PNG of 1 × 50000000 pixels', inBase64(hollowPng(1, 50_000_000)), 'maxImageSizeExceeded'],
      ['a JPEG of 65535 × 65535 pixels', largeJpeg, 'maxImageSizeExceeded'],
      ['a WEBP of 16383 × 16383 pixels', largeWebp, 'maxImageSizeExceeded'],
      ['a PNG without width', inBase64(hollowPng(0, 10)), 'invalidInputImage'],
    ];

    it.each(images)('a task refuses %s', async (_, inputImage, code) => {
      const task = removal(inputImage);
      const reply = await service.post([task]);
      expect(reply.status).toBe(400);
      const { taskType, taskUUID } = task;
      expectRefusal(reply, { code, parameter: 'inputImage', taskType, taskUUID });
    });

    it.each(images)('an upload refuses %s', async (_, image, code) => {
      const task = upload(image);
      const reply = await service.post([task]);
      expect(reply.status).toBe(400);
      const { taskType, taskUUID } = task;
      expectRefusal(reply, { code, parameter: 'image', taskType, taskUUID });
    });

    it('an upload of nothing, or of a stored image, is refused', async () => {
      expectRefusal(await service.post([upload()]), { code: 'missingImage', parameter: 'image' });
      expectRefusal(await service.post([upload(randomUUID())]), {
        code: 'invalidInputImage',
        parameter: 'image',
      });
    });

    it('a task does not know an unknown image UUID or the image of another key', async () => {
      const key = randomUUID();
      await putKey(service.database, 'neighbour', key);
      const { data } = await createClient(service.url, key).post([upload(base64)]);
      for (const uuid of [randomUUID(), String(data[0]?.['imageUUID'])]) {
        const reply = await service.post([removal(uuid)]);
        expect(reply.status).toBe(404);
        expectRefusal(reply, { code: 'mediaNotFound', parameter: 'inputImage' });
      }
    });
  });

  describe('bad image URLs', () => {
    let inside: Server;
    let port: number;
    let connections = 0;

    beforeAll(async () => {
      inside = createServer((_, response) => response.end(png));
      inside.on('connection', () => connections++).listen(0);
      await new Promise((resolve) => inside.once('listening', resolve));
      port = (inside.address() as AddressInfo).port;
    });
    afterAll(() => {
      inside.close();
    });

    it.each([
      'http://127.0.0.1:PORT/',
      'http://2130706433:PORT/',
      'http://0x7f.1:PORT/',
      'http://[::ffff:127.0.0.1]:PORT/',
      'http://[::1]:PORT/',
      'http://localhost:PORT/',
      'http://localhost.:PORT/',
      'http://0.0.0.0:PORT/',
      'http://10.0.0.1/',
      'http://user:secret@127.0.0.1:PORT/',
      'ftp://127.0.0.1:PORT/cup.png',
      'file:///etc/passwd',
      'http://',
      'http://127.0.0.1:99999/',
      'http://127.0.0.1:PORT/\u0000',
      'http://127.0.0.1:PORT/\ud800',
    ])('the URL %j is refused without a connection', async (url) => {
      for (const task of [removal(url.replace('PORT', `${port}`)), upload(url.replace('PORT', `${port}`))]) {
        const reply = await service.post([task]);
        expect(reply.status).toBe(400);
        const parameter = 'inputImage' in task ? 'inputImage' : 'image';
        const { taskType, taskUUID } = task;
        expectRefusal(reply, { code: 'invalidInputImageURL', parameter, taskType, taskUUID });
        expect(JSON.stringify(reply.body)).not.toContain('secret');
      }
      expect(connections).toBe(0);
    });
  });

  describe('bad input beside good input', () => {
    it('the answer is 200 with results and errors when some tasks succeed', async () => {
      const good = removal(base64);
      const bad = removal(text);
      const { status, data, errors } = await service.post([bad, good, { taskType: 'nothing' }]);
      expect(status).toBe(200);
      expect(data).toMatchObject([{ taskUUID: good.taskUUID, status: 'success' }]);
      expect(errors).toMatchObject([
        { code: 'unsupportedImageFormat', taskUUID: bad.taskUUID, taskType: 'removeBackground' },
        { code: 'unsupportedTaskType', taskType: 'nothing' },
      ]);
      expect(errors[1]).not.toHaveProperty('taskUUID');
    });

    it('the answer has the status of the first error when all tasks fail', async () => {
      const tasks = [{ taskType: 'getResponse', taskUUID: randomUUID() }, removal(text)];
      expect((await service.post(tasks)).status).toBe(404);
      expect((await service.post(tasks.toReversed())).status).toBe(400);
    });

    it('the answer has no errors key when all tasks succeed', async () => {
      const { body } = await service.post([{ taskType: 'ping' }, removal(base64)]);
      expect(Object.keys(body as object)).toEqual(['data']);
    });

    it('getResponse repeats the error of a failed task with status 200', async () => {
      const task = removal(halfPng, { deliveryMethod: 'async' });
      expect((await service.post([task])).status).toBe(200);
      const ask = { taskType: 'getResponse', taskUUID: task.taskUUID };
      const { status, errors, body } = await until('the failure', async () => {
        const reply = await service.post([ask]);
        return reply.errors.length > 0 ? reply : undefined;
      });
      const { taskType, taskUUID } = task;
      expect(status).toBe(200);
      expect(errors).toMatchObject([{ code: 'invalidInputImage', status: 'error', taskType, taskUUID }]);
      expect(body).not.toHaveProperty('data');
    });
  });

  describe('addresses of images', () => {
    let path: string;
    beforeAll(async () => {
      const { data } = await service.post([removal(base64)]);
      path = new URL(data[0]?.imageURL ?? '').pathname;
    });

    it('an image is kept for a few minutes by its reader alone, and cannot run scripts', async () => {
      const { status, headers } = await rawRequest(service.url, path);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'image/png',
        'cache-control': 'private, max-age=300',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        etag: expect.any(String),
      });
    });

    it('HEAD is answered without the bytes, and If-None-Match with 304', async () => {
      const { status, headers, text } = await rawRequest(service.url, path, { method: 'HEAD' });
      expect([status, headers['content-type'], text]).toEqual([200, 'image/png', '']);
      expect(Number(headers['content-length'])).toBeGreaterThan(0);
      const again = await rawRequest(service.url, path, { headers: { 'if-none-match': headers.etag } });
      expect([again.status, again.text]).toEqual([304, '']);
    });

    it.each([
      '/images/00000000-0000-4000-8000-000000000000.png',
      '/images/cup.png',
      '/images/..%2f..%2f',
      '/images/..%2f..%2fapi-key',
      '/images/%2e%2e%2fpasswd.png',
      '/images/../../../etc/passwd',
      '/images/%00.png',
      '/images/',
      '/images',
      `/images/${'a'.repeat(500)}.png`,
      '/nowhere',
      '/assets/nothing.js',
      '/assets/..%2f..%2fpackage.json',
    ])('the answer is 404 at %s', async (unknown) => {
      const { status, headers, text } = await rawRequest(service.url, unknown);
      expect(status).toBe(404);
      expect(headers['content-type']).toMatch(/^application\/json/);
      expect(headers['cache-control']).toBe('no-store');
      expect(JSON.parse(text)).toMatchObject({
        errors: [{ code: expect.stringMatching(/^(media)?notFound$/i) }],
      });
    });

    it('a malformed path gets the usual error envelope', async () => {
      const { status, text } = await rawRequest(service.url, '/images/%zz.png');
      expect(status).toBe(404);
      expect(JSON.parse(text)).toMatchObject({ errors: [{ code: 'notFound' }] });
    });

    it('an image is not found by another extension or after its bytes are gone', async () => {
      const other = await rawRequest(service.url, path.replace('.png', '.jpg'));
      expect(other.status).toBe(404);

      const { data } = await service.post([removal(base64)]);
      const image = await service.database.image.findUniqueOrThrow({
        where: { id: String(data[0]?.['imageUUID']) },
      });
      await rm(join(service.config.DATA_DIR, 'images', image.storageKey));
      const { status, headers, text } = await rawRequest(
        service.url,
        new URL(data[0]?.imageURL ?? '').pathname,
      );
      expect(status).toBe(404);
      expect(headers['cache-control']).toBe('no-store');
      expect(JSON.parse(text)).toMatchObject({ errors: [{ code: 'mediaNotFound' }] });
    });
  });
});

describe("the service's own endpoints", () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const get = async (path: string) => {
    const response = await fetch(`${service.url}${path}`);
    return { response, text: await response.text() };
  };

  it('the gateway is live from the start, and ready once a worker is warm', async () => {
    expect((await get('/health/live')).response.status).toBe(200);
    // A dependency that takes 0.9 s to answer counts as down, which happens on a busy machine.
    const before = await until('all dependencies to answer in time', async () => {
      const answer = await get('/health/ready');
      return answer.text.includes('down') ? undefined : answer;
    });
    expect(before.response.status).toBe(503);
    expect(JSON.parse(before.text)).toEqual({
      status: 'waiting',
      database: 'up',
      queue: 'up',
      storage: 'up',
      models: [],
    });

    await service.worker.start();
    const after = await until('readiness', async () => {
      const answer = await get('/health/ready');
      return answer.response.status === 200 ? answer : undefined;
    });
    expect(JSON.parse(after.text)).toMatchObject({ status: 'ready', models: ['runware:109@1'] });

    await service.worker.stop();
    expect((await get('/health/ready')).response.status).toBe(503);
  });

  it('the OpenAPI 3.1 document has no dangling references', async () => {
    const { response, text } = await get('/openapi.json');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const document: unknown = JSON.parse(text);
    expect(document).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: 'Clearcut' },
      paths: { '/v1': { post: { requestBody: expect.anything() } }, '/images/{name}': {} },
    });

    const resolve = (reference: string): unknown =>
      reference
        .replace(/^#\//, '')
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
    const references = [...text.matchAll(/"\$ref":\s*"([^"]+)"/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThan(5);
    expect(references.filter((reference) => !resolve(reference))).toEqual([]);
  });

  it('the gateway serves a page to try the API', async () => {
    const { response, text } = await get('/docs');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/html/),
    ]);
    const scripts = [...text.matchAll(/src="([^"]+\.js)"/g)].map(([, source = '']) => source);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) {
      const { pathname } = new URL(script, response.url);
      expect((await get(pathname)).response.status).toBe(200);
    }
  });
});
