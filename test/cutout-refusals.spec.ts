import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCutoutClient, type CutoutClient, type CutoutReply } from '#test/cutout-client';
import { disc, toPng } from '#test/pictures';
import { absentModel, startService, type Service } from '#test/service';

const photo = await toPng(disc(64, 64));
const uuid = randomUUID();
const manyFields = Array.from({ length: 33 }, (_, i): [string, string] => [`field${i}`, 'x']);
const elsewhere = 'https://a.example/b.png';
/** Looks like a task that has a name already. */
const named = { 'idempotency-key': randomUUID() };

describe('POST /v1/cutout refuses', () => {
  let service: Service;
  let client: CutoutClient;
  beforeAll(async () => {
    service = await startService();
    client = createCutoutClient(service.url, service.key);
    await service.worker.start();
  });
  afterAll(() => service.stop());

  type Send = () => Promise<CutoutReply>;
  const field = (...fields: [string, string | Uint8Array][]) => client.form([['image', photo], ...fields]);
  const alone = (image: string | Uint8Array) => client.form([['image', image]]);
  const asking = (headers: Record<string, string>, query = '') =>
    client.form([['image', photo]], headers, query);
  const body = (bytes: Uint8Array | string, type: string, headers = {}) =>
    client.send(typeof bytes === 'string' ? bytes : new Uint8Array(bytes), {
      'content-type': type,
      ...headers,
    });

  it.each<[string, Send, string]>([
    ['no image', () => client.form([['model', 'a']]), '400 missingInputImage inputImage'],
    ['an empty body', () => body('', 'image/png'), '400 missingInputImage inputImage'],
    ['an empty file', () => alone(new Uint8Array()), '400 unsupportedImageFormat inputImage'],
    ['two files', () => field(['other', photo]), '400 invalidRequestBody'],
    ['a file and an address', () => field(['image', elsewhere]), '400 incompatibleParameters inputImage'],
    ["a file's name", () => alone('photo.jpg'), '400 invalidInputImage inputImage'],
    ['a text as file', () => alone(Buffer.from('hello')), '400 unsupportedImageFormat inputImage'],
    ['half an image', () => body(photo.subarray(0, 40), 'image/png'), '400 invalidInputImage inputImage'],
    ['an unknown field', () => field(['colour', 'red']), '400 unsupportedParameter colour'],
    ['one of a group', () => field(['refine.fether', '1']), '400 unsupportedParameter refine.fether'],
    ['a bracketed one', () => field(['settings[rgba]', '1']), '400 unsupportedParameter settings[rgba]'],
    ['a field twice', () => field(['model', 'a'], ['model', 'b']), '400 incompatibleParameters model'],
    [
      'one in the query too',
      () =>
        client.form(
          [
            ['image', photo],
            ['ttl', '60'],
          ],
          {},
          '?ttl=60',
        ),
      '400 incompatibleParameters ttl',
    ],
    [
      'a group and its field',
      () => field(['settings', 'x'], ['settings.rgba', '1']),
      '400 incompatibleParameters settings',
    ],
    ['__proto__', () => field(['__proto__', 'x']), '400 unsupportedParameter __proto__'],
    ['one in a group', () => field(['refine.__proto__', 'x']), '400 unsupportedParameter refine.__proto__'],
    [
      'a constructor',
      () => field(['constructor.prototype', 'x']),
      '400 unsupportedParameter constructor.prototype',
    ],
    ['no number', () => field(['outputQuality', 'best']), '400 invalidOutputQuality outputQuality'],
    [
      'no boolean',
      () => field(['settings.alphaMatting', 'so']),
      '400 invalidParameter settings.alphaMatting',
    ],
    ...['1', '0', 'yes', ''].map((text): [string, Send, string] => [
      `${JSON.stringify(text)} as boolean`,
      () => field(['settings.alphaMatting', text]),
      '400 invalidParameter settings.alphaMatting',
    ]),
    ['33 fields', () => field(...manyFields), '400 invalidRequestBody'],
    ['three numbers', () => field(['settings.rgba', '1,2,3']), '400 invalidParameter settings.rgba'],
    ['an unknown format', () => field(['outputFormat', 'gif']), '400 invalidOutputFormat outputFormat'],
    ['an unknown model', () => field(['model', 'acme:none@1']), '400 invalidModel model'],
    ['a model without a worker', () => field(['model', absentModel.air]), '503 modelUnavailable model'],
    ['another task', () => field(['taskType', 'ping']), '400 unsupportedParameter taskType'],
    ['async delivery', () => field(['deliveryMethod', 'async']), '400 unsupportedParameter deliveryMethod'],
    ['a webhook', () => field(['webhookURL', elsewhere]), '400 unsupportedParameter webhookURL'],
    ['a type of a picture', () => field(['outputType', 'dataURI']), '400 unsupportedParameter outputType'],
    ['a wrong taskUUID', () => field(['taskUUID', 'cat']), '400 invalidTaskUUID taskUUID'],
    ['a long field', () => field(['model', 'm'.repeat(9000)]), '400 invalidParameter model'],
    ['an Accept without image', () => asking({ accept: 'text/html' }), '406 unsupportedAccept Accept'],
    [
      'an Accept against the format',
      () => asking({ accept: 'image/png' }, '?outputFormat=JPG'),
      '400 incompatibleParameters outputFormat',
    ],
    ['JSON', () => body('[]', 'application/json'), '415 unsupportedContentType'],
    ["curl's own type", () => body(photo, 'application/x-www-form-urlencoded'), '415 unsupportedContentType'],
    [
      'a compressed body',
      () => body(photo, 'image/png', { 'content-encoding': 'gzip' }),
      '415 unsupportedContentEncoding',
    ],
    ['a form without boundary', () => body('x', 'multipart/form-data'), '400 invalidRequestBody'],
    ['an empty key', () => asking({ 'idempotency-key': '""' }), '400 invalidParameter Idempotency-Key'],
    ['two names', () => asking(named, `?taskUUID=${uuid}`), '400 incompatibleParameters taskUUID'],
  ])('%s, in words of our own', async (_, send, expected) => {
    const before = await service.database.task.count();
    const { status, headers, errors } = await send();
    const { code, parameter = '', message } = errors[0] ?? {};
    expect(`${status} ${code} ${parameter as string}`.trim()).toBe(expected);
    expect(message).toMatch(/^[A-Z'].*\w.*$/s);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await service.database.task.count()).toBe(before);
  });

  it.each<[string, Send, string]>([
    ['a forgotten @', () => alone('photo.jpg'), '-F image=@photo.jpg'],
    ['33 fields', () => field(...manyFields), 'more than 32 fields: send fewer fields'],
    ['brackets', () => field(['settings[rgba]', '1,2,3,1']), "'settings.rgba'"],
    ['a misspelt field', () => field(['refine.fether', '1']), "'refine.feather'"],
    [
      'data without a type',
      () => body(photo, 'application/x-www-form-urlencoded'),
      '--data-binary @photo.jpg',
    ],
  ])('%s, and says what was meant', async (_, send, hint) => {
    expect((await send()).errors[0]?.['message']).toContain(hint);
  });
});
