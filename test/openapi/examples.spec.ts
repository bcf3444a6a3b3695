import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Item, Reply } from '#test/client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { startReceiver, type Receiver } from '#test/receiver';
import { absentModel, startService, type Service } from '#test/service';
import { until } from '#test/until';

type Sample = { readonly value: readonly Item[] };
type Content = { readonly 'application/json'?: { readonly example?: unknown } };
type Operation = {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};
type Document = {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

const text = await readFile('openapi.json', 'utf8');
const document = JSON.parse(text) as Document;
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
const run = document.paths['/v1']?.['post'] as Operation & {
  readonly requestBody: { readonly content: { 'application/json': { examples: Record<string, Sample> } } };
};
const examples = Object.entries(run.requestBody.content['application/json'].examples);

const validatorOf = (id: string): ValidateFunction => {
  const ajv = new Ajv2020({ strict: false, discriminator: false });
  addFormats.default(ajv);
  return ajv.addSchema(document, 'openapi.json').compile({ $ref: `openapi.json#/components/schemas/${id}` });
};
const isAnswer = validatorOf('Answer');
const isEndedTask = validatorOf('EndedTask');
const expectValid = (validate: ValidateFunction, value: unknown) => {
  validate(value);
  expect({ value, errors: validate.errors }).toEqual({ value, errors: null });
};

const needKey: ReadonlySet<string> = new Set([
  'runTasks',
  'followTask',
  'putImage',
  'postImage',
  'cutOut',
  'createJob',
  'listJobs',
  'getJob',
  'listJobItems',
  'cancelJob',
  'getJobResults',
]);
const sampleOf = (operationId: string, status: string) =>
  operations.find((operation) => operation.operationId === operationId)?.responses[status]?.content?.[
    'application/json'
  ]?.example;

describe('openapi.json', () => {
  it('has a sample of a 4XX and of a 5XX for each operation, and says whether it needs a key', () => {
    expect(operations.length).toBeGreaterThan(6);
    for (const { operationId, responses, security } of operations) {
      const sampled = Object.keys(responses).filter((status) => sampleOf(operationId, status));
      expect([operationId, sampled.map((status) => status.charAt(0))]).toEqual([
        operationId,
        expect.arrayContaining(['4', '5']),
      ]);
      expect([operationId, security.length > 0]).toEqual([operationId, needKey.has(operationId)]);
    }
    expect(document.servers[0]?.url).toBe('/');
  });
});

describe('the examples of openapi.json', () => {
  let service: Service;
  let pictures: PictureServer;
  let receiver: Receiver;
  beforeAll(async () => {
    service = await startService({ env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    await service.dispatcher.start();
    pictures = await startPictureServer(Buffer.from('no image'));
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await receiver.stop();
  });

  /** Presses "Execute" on the Swagger page that the service serves. */
  const openPage = async () => {
    const script = await (await fetch(`${service.url}/docs/swagger-ui-init.js`)).text();
    const page = vm.createContext({
      crypto: globalThis.crypto,
      window: { location: { search: '', origin: service.url } },
    });
    page['SwaggerUIBundle'] = Object.assign((options: unknown) => Object.assign(page, { options }), {
      presets: {},
      plugins: {},
    });
    page['SwaggerUIStandalonePreset'] = {};
    vm.runInContext(`${script}\nwindow.onload();`, page);
    return async (tasks: unknown): Promise<Reply> => {
      page['request'] = { url: `${service.url}/v1`, body: JSON.stringify(tasks, undefined, 2) };
      const { body } = vm.runInContext('options.requestInterceptor(request)', page) as { body: string };
      return service.postRaw(body);
    };
  };

  it.each(examples)('work as they are, twice: %s', async (_, { value }) => {
    for (let n = 0; n < 2; n++) {
      expect(value).toHaveLength(1);
      // A question finds the task that an example before it has sent.
      const { status, body } = await service.post(value);
      expect({ status, body }).toEqual({ status: 200, body: { data: [expect.anything()] } });
      expectValid(isAnswer, body);
    }
  });

  it('run a new task at each press in Swagger UI', async () => {
    const press = await openPage();
    const seen: unknown[] = [];
    for (let n = 0; n < 2; n++) {
      for (const [name, { value }] of examples) {
        const { status, body, data } = await press(value);
        expect({ name, status }).toEqual({ name, status: 200 });
        expectValid(isAnswer, body);
        seen.push(data[0]?.taskUUID);
      }
    }
    const names = examples.map(([name]) => name);
    const uuids = seen.filter((uuid) => uuid !== undefined);
    // A ping and a list have no taskUUID, and three tasks have that of the task before them.
    expect(new Set(uuids).size).toBe(2 * (names.length - 5));
    expect(uuids).not.toContainEqual(expect.stringContaining('00000000'));
  });

  it('keep a taskUUID that the user of Swagger UI typed', async () => {
    const press = await openPage();
    const taskUUID = randomUUID();
    for (const { value } of examples
      .map(([, sample]) => sample)
      .filter(({ value: [task] }) => task?.taskUUID)) {
      const { data, errors } = await press([{ ...value[0], taskUUID }]);
      expect([...data, ...errors]).toMatchObject([{ taskUUID }]);
    }
  });

  it('are answered as the samples say when they fail', async () => {
    const [, { value: tasks }] = examples[0] ?? ['', { value: [] }];
    const taskUUID = String(tasks[0]?.taskUUID);
    const bad = await service.post([{ ...tasks[0], outputQuality: 5 }]);
    expect(bad.status).toBe(400);
    const here = (sample: unknown): unknown =>
      JSON.parse(JSON.stringify(sample).replaceAll('http://127.0.0.1:3000', service.config.PUBLIC_URL));
    expect(bad.body).toEqual(here(sampleOf('runTasks', '4XX')));

    const { air, name } = absentModel;
    const failed = await service.post([{ ...tasks[0], model: air }]);
    expect(failed.status).toBe(503);
    const sample = JSON.stringify(here(sampleOf('runTasks', '5XX')));
    const ours = sample.replaceAll('runware:112@5', air).replace(/serves .*? \(/, `serves ${name} (`);
    expect(failed.body).toEqual(JSON.parse(ours));
    expectValid(isAnswer, failed.body);

    const image = await fetch(`${service.url}/images/${taskUUID}.png`);
    expect([image.status, await image.json()]).toEqual([404, here(sampleOf('getImage', '404'))]);
  });

  it('have webhooks that are like those of the service', async () => {
    const [, { value: tasks }] = examples[0] ?? ['', { value: [] }];
    const webhookURL = `${receiver.url}/hook`;
    const uuids = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
    await service.post([
      { ...tasks[0], taskUUID: uuids[0], webhookURL },
      { ...tasks[0], taskUUID: uuids[1], webhookURL, inputImage: pictures.url },
    ]);
    await until('both calls', () => receiver.received('/hook').length >= 2);
    const calls = receiver.received('/hook');
    const bodies = calls.map(({ body }) => JSON.parse(body.toString()) as Item);
    for (const body of bodies) expectValid(isEndedTask, body);
    expect(new Set(bodies.map((body) => body['status']))).toEqual(new Set(['error', 'success']));
    expect(calls[0]?.headers['webhook-id']).toBeTruthy();

    const sampled = JSON.stringify((document as unknown as { webhooks: unknown }).webhooks);
    const error = bodies.find((body) => body['status'] === 'error')?.['errors'] as Item[];
    expect(sampled).toContain(JSON.stringify(error[0]?.['message']));
  });
});
