import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { taskSchemas } from '#contract';
import { z } from 'zod';
import type { Item } from '#test/client';
import { startService, type Service } from '#test/service';

/** Words of the libraries below. */
const foreign =
  /invalid (option|input|type|string|iso)|expected|received|vips|jpeg:|prisma|postgres|zod|unexpected token|ECONN|ENOTFOUND|getaddrinfo|undici|undefined|NaN|\[object/i;
const jsonTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

const values: readonly unknown[] = [
  7,
  -1,
  0.5,
  1e308,
  -0,
  true,
  false,
  '',
  ' ',
  'x',
  'NaN',
  '7',
  'a'.repeat(3000),
  '\u0000',
  '\ud800',
  [],
  [[]],
  [7, 'x'],
  [null],
  {},
  { a: 1 },
  { a: { b: [] } },
  'http://',
  'https://[',
  'ftp://host.example/',
  'http://127.0.0.1:1/',
  'tomorrow',
  '2026-11-28',
  'data:,',
  'data:image/png;base64,AAAA',
  '[1,2,3,4]',
  [1, 2, 3],
  [256, 0, 0, 2],
  ['a', 'b', 'c', 'd'],
];

const unwrap = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;

/** The paths of all parameters of a task, within groups too. */
const pathsIn = (schema: z.ZodObject): string[][] =>
  Object.entries(schema.shape).flatMap(([name, field]) => {
    const whole = unwrap(field);
    return whole instanceof z.ZodObject
      ? [[name], ...pathsIn(whole).map((path) => [name, ...path])]
      : [[name]];
  });

const nested = ([name = '', ...rest]: readonly string[], value: unknown): Record<string, unknown> => ({
  [name]: rest.length > 0 ? nested(rest, value) : value,
});

const base = (taskType: string) => ({
  taskType,
  taskUUID: randomUUID(),
  ...(/background/i.test(taskType) && { model: 'runware:109@1', inputImage: randomUUID() }),
});

const hostile = Object.entries(taskSchemas).flatMap(([taskType, schema]) =>
  pathsIn(schema).flatMap((path) => values.map((value) => ({ ...base(taskType), ...nested(path, value) }))),
);

describe('a hostile value', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  const expectOurs = (item: Item, sent: unknown) => {
    const { message, type } = item;
    expect({ message, sent }).toMatchObject({ message: expect.stringMatching(/^['A-Z].*[.?]$/s) });
    // Values of the caller may be quoted; those here are no words.
    expect({ message, sent }).toMatchObject({ message: expect.not.stringMatching(foreign) });
    if (type !== undefined) expect(jsonTypes).toContain(type);
  };

  it('of any parameter is refused in our own words', async () => {
    let refused = 0;
    for (let start = 0; start < hostile.length; start += 100) {
      const tasks = hostile.slice(start, start + 100).filter(({ taskType }) => taskType !== 'authentication');
      if (tasks.length === 0) continue;
      const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
      const { status, errors } = await service.post(tasks, headers);
      expect([200, 400, 404]).toContain(status);
      for (const item of errors) {
        const sent = tasks.find(({ taskUUID }) => taskUUID === item.taskUUID);
        expectOurs(item, sent);
        expect({ item, sent }).toMatchObject({ item: { parameter: expect.any(String) } });
        expect({ item, sent }).not.toMatchObject({ item: { code: 'serviceUnavailable' } });
        expect(item['documentation']).toMatch(/\/reference#[a-z-]+$/);
      }
      refused += errors.length;
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it('in place of a task is refused in our own words', async () => {
    for (const value of values) {
      for (const body of [[value], value]) {
        const { errors } = await service.post(body);
        for (const item of errors) expectOurs(item, body);
      }
    }
  });

  it.each([
    'NaN',
    '[NaN]',
    '[{"taskType":undefined}]',
    '[1e999999]',
    '["\ud800"]',
    '[{"a":1,}]',
    "[{'a':1}]",
    '\u0000',
  ])('in a body such as %j is refused in our own words', async (body) => {
    const { status, errors } = await service.postRaw(body);
    expect(status).toBe(400);
    for (const item of errors)
      expect(item['message']).not.toMatch(/unexpected (token|end)|JSON\.parse|position \d/i);
  });
});

describe('several faults of one task', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('get an error each, with the parameter, and the taskUUID', async () => {
    const taskUUID = randomUUID();
    const task = {
      taskType: 'removeBackground',
      taskUUID,
      outputFormat: 'BMP',
      outputQuality: 500,
      ttl: 1,
      settings: { rgba: 'white', alphaMattingErodeSize: 0 },
      refine: { fether: 1 },
      sise: 3,
      webhookURL: 7,
    };
    const { status, errors } = await service.post([task]);
    expect(status).toBe(400);
    const at = errors.map(({ parameter }) => parameter);
    const expected = ['outputFormat', 'outputQuality', 'ttl', 'webhookURL', 'settings.rgba', 'sise'];
    expect(new Set(at)).toEqual(new Set([...expected, 'settings.alphaMattingErodeSize', 'refine.fether']));
    expect(at).toHaveLength(8);
    for (const error of errors) {
      expect(error).toMatchObject({ taskUUID, taskType: 'removeBackground' });
      expect(error['message']).toContain(`'${String(error['parameter'])}'`);
    }
  });

  it('are told together when the image, the model and both addresses are at fault', async () => {
    const task = {
      taskType: 'removeBackground',
      taskUUID: randomUUID(),
      model: 'runware:1@1',
      inputImage: '?',
      webhookURL: 'http://127.0.0.1/',
      uploadEndpoint: 'http://10.0.0.1/',
    };
    const { errors } = await service.post([task]);
    expect(errors.map(({ parameter }) => parameter)).toEqual([
      'model',
      'inputImage',
      'webhookURL',
      'uploadEndpoint',
    ]);
    const none = { taskType: 'removeBackground', taskUUID: randomUUID() };
    const missing = await service.post([none]);
    expect(missing.errors.map(({ code }) => code)).toEqual(['missingModel', 'missingInputImage']);
  });

  it('are bounded', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`p${i}`, i]));
    const { errors } = await service.post([{ ...unknown, taskType: 'getResponse', taskUUID: randomUUID() }]);
    expect(errors).toHaveLength(20);
  });
});
