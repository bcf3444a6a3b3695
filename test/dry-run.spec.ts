import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removal } from '#test/client';
import { createCutoutClient } from '#test/cutout-client';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { connect, itemOf } from '#test/socket-client';

type Headers = Record<string, string>;
type Reply = { readonly status: number; readonly code?: unknown; readonly parameter?: unknown };

const photo = await toPng(disc(64, 64));
const header = 'X-Runware-Dry-Run';

describe('whether a request is a dry run', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  const counts = async () => [await service.database.task.count(), await service.database.image.count()];

  const send = async (method: string, path: string, body: RequestInit['body'], headers: Headers) => {
    const authorization = `Bearer ${service.key}`;
    const response = await fetch(`${service.url}${path}`, {
      method,
      body: body ?? null,
      headers: { authorization, ...headers },
    });
    const { errors = [] } = (await response.json()) as { errors?: Record<string, unknown>[] };
    return { status: response.status, code: errors[0]?.['code'], parameter: errors[0]?.['parameter'] };
  };
  const form = () => {
    const made = new FormData();
    made.append('image', new Blob([new Uint8Array(photo)]), 'photo.png');
    return made;
  };
  const tasks = () => JSON.stringify([removal(`data:image/png;base64,${photo.toString('base64')}`)]);

  type Door = (query: string, headers: Headers) => Promise<Reply>;
  const doors: readonly (readonly [string, Door])[] = [
    [
      'POST /v1',
      (query, headers) =>
        send('POST', `/v1${query}`, tasks(), { 'content-type': 'application/json', ...headers }),
    ],
    [
      'POST /v1/cutout',
      async (query, headers) => {
        const client = createCutoutClient(service.url, service.key);
        const { status, errors } = await client.form([['image', photo]], headers, query);
        return { status, code: errors[0]?.['code'], parameter: errors[0]?.['parameter'] };
      },
    ],
    ['POST /v1/images', (query, headers) => send('POST', `/v1/images${query}`, form(), headers)],
    [
      'PUT /v1/images',
      (query, headers) => send('PUT', `/v1/images/${randomUUID()}${query}`, new Uint8Array(photo), headers),
    ],
  ];

  describe.each(doors)('at %s', (_, door) => {
    it.each<[string, Headers]>([
      ['?dryRun=1', {}],
      ['?dryRun=true', {}],
      ['?dryRun=TRUE', {}],
      ['?dryRun=1&dryRun=1', {}],
      ['?dryRun=1&dryRun=true', {}],
      ['', { [header]: '1' }],
      ['', { [header]: 'True' }],
      ['', { [header]: '1, 1' }],
      ['?dryRun=1', { [header]: 'true' }],
    ])('it is with %j and %j, and nothing is stored', async (query, headers) => {
      const before = await counts();
      expect((await door(query, headers)).status).toBe(200);
      expect(await counts()).toEqual(before);
    });

    it.each<[string, Headers, string]>([
      ['?dryRun', {}, 'dryRun'],
      ['?dryRun=', {}, 'dryRun'],
      ['?dryRun=yes', {}, 'dryRun'],
      ['?dryRun=2', {}, 'dryRun'],
      ['?dryRun=1&dryRun=0', {}, 'dryRun'],
      ['?dryRun=1&dryRun=', {}, 'dryRun'],
      ['', { [header]: '' }, header],
      ['', { [header]: 'on' }, header],
      ['', { [header]: '1, 0' }, header],
      ['?dryRun=0', { [header]: '1' }, 'dryRun'],
    ])('is refused with %j and %j, and nothing runs', async (query, headers, parameter) => {
      const before = await counts();
      const reply = await door(query, headers);
      expect(reply).toEqual({ status: 400, code: 'invalidParameter', parameter });
      expect(await counts()).toEqual(before);
    });

    it.each<[string, Headers]>([
      ['?dryRun=0', {}],
      ['?dryRun=False', { [header]: '0' }],
    ])('it is none with %j and %j', async (query, headers) => {
      const [, before = 0] = await counts();
      expect((await door(query, headers)).status).toBe(200);
      const [, after = 0] = await counts();
      expect(after).toBeGreaterThan(before);
    });
  });

  describe('over WebSocket', () => {
    const ask = async (query: string, headers: Headers) => {
      const client = await connect(service.url, { path: `/v1${query}`, headers });
      await client.authenticate(service.key);
      const task = removal(`data:image/png;base64,${photo.toString('base64')}`);
      client.send([task]);
      const answer = itemOf(await client.frameOf(task.taskUUID));
      client.socket.close();
      return answer;
    };

    it.each<[string, Headers]>([
      ['?dryRun=true', {}],
      ['?sdk=js&dryRun=1&dryRun=1', {}],
      ['', { [header]: '1' }],
    ])('it is with %j and %j, and nothing is stored', async (query, headers) => {
      const before = await counts();
      expect(await ask(query, headers)).toMatchObject({ cost: expect.any(Number) });
      expect(await counts()).toEqual(before);
    });

    it.each<[string, Headers]>([
      ['?dryRun', {}],
      ['?dryRun=yes', {}],
      ['', { [header]: 'on' }],
    ])('the upgrade is refused with %j and %j', async (query, headers) => {
      await expect(connect(service.url, { path: `/v1${query}`, headers })).rejects.toThrow(
        'Unexpected server response: 400',
      );
    });

    it('it is none with ?dryRun=false', async () => {
      expect(await ask('?dryRun=false', {})).toMatchObject({ imageURL: expect.any(String) });
    });
  });
});
