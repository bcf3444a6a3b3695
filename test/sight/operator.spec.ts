import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, removal, type Client } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { insertFailed, insertRemoval } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const token = 'a-token-of-the-operator-0123456789';

/** What the tests read one by one. */
type Overview = {
  readonly minutes: readonly { readonly succeeded: number }[];
  readonly queues: readonly { readonly model: string; readonly perMinute: number }[];
  readonly workers: readonly {
    readonly lately: readonly { readonly medianMs: Readonly<Record<string, number | null>> }[];
  }[];
  readonly outcomes: unknown;
  readonly owners: unknown;
  readonly suspects: unknown;
  readonly usage: { readonly today: unknown; readonly month: unknown };
};
type Answer = { readonly status: number; readonly text: string; readonly body: unknown };

describe("the operator's API", () => {
  let service: Service;
  let photo: string;
  beforeAll(async () => {
    service = await startService({ admin: true, env: { ADMIN_TOKEN: token } });
    photo = (await toPng(disc(64, 64))).toString('base64');
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(() => service.stop());

  const ask = async (method: string, path: string, body?: unknown, headers = {}): Promise<Answer> => {
    const answer = await fetch(`${service.admin.dispatcher}/api/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json');
    return { status: answer.status, text, body: isJson ? JSON.parse(text) : undefined };
  };
  const overview = async () => (await ask('GET', 'overview')).body as Overview;
  const secretOf = ({ body }: Answer) => (body as { readonly key: string }).key;
  const post = (path: string, body?: unknown) => ask('POST', path, body ?? {});

  /** A gateway knows a key for a second. Undefined: the task is done. */
  const untilCode = (client: Client, code: string | undefined) =>
    until(`the answer ${code}`, async () => (await client.post([removal(photo)])).errors[0]?.code === code);

  it('serves its page to those with the token, and the files of the page to all', async () => {
    const url = service.admin.dispatcher;
    const get = (path: string, headers = {}) => fetch(`${url}${path}`, { headers });
    expect((await get('/')).status).toBe(401);
    const page = await get('/', { authorization: `Bearer ${token}` });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    const [script = ''] = /assets\/operator-[^"]+\.js/.exec(await page.text()) ?? [];
    const file = await get(`/${script}`);
    expect([file.status, file.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ]);
    expect((await get('/assets/../../package.json')).status).toBe(404);
  });

  it('tells what ended, how long its stages took, and who used it', async () => {
    await service.post([removal(photo), removal(photo)]);
    const { minutes, outcomes, queues, workers, usage } = await overview();
    expect(minutes.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(2);
    const model = 'runware:109@1';
    expect(outcomes).toContainEqual({ model, state: 'succeeded', code: null, tasks: 2 });
    const queue = queues.find((each) => each.model === model);
    expect(queue).toMatchObject({
      waiting: 0,
      running: 0,
      emptyInS: 0,
      jobs: expect.any(Object),
      medianWaitMs: expect.any(Number),
    });
    expect(queue?.perMinute).toBeGreaterThan(0);
    const [worker] = workers;
    expect(worker).toMatchObject({ device: 'cpu', slots: expect.any(Number), fallback: expect.any(String) });
    expect(worker?.lately).toMatchObject([{ model, tasks: 2, medianMs: { upload: null } }]);
    expect(worker?.lately[0]?.medianMs['infer']).toBeGreaterThan(0);
    expect(usage.today).toMatchObject([{ key: 'local', tasks: 2, failed: 0 }]);
    expect(usage.month).toMatchObject([{ key: 'local', tasks: 2 }]);
  });

  it('tells the backlog of owners, and cancels it', async () => {
    const { ownerId } = await insertRemoval(service, { model: 'acme:1@1' });
    expect((await overview()).owners).toMatchObject([{ ownerId, tasks: 1, running: 0 }]);
    expect((await overview()).queues).toContainEqual(
      expect.objectContaining({ model: 'acme:1@1', waiting: 1, emptyInS: null, medianWaitMs: null }),
    );
    expect((await post(`owners/${ownerId}/cancel`)).status).toBe(204);
    expect((await overview()).owners).toEqual([]);
    expect((await post('owners/x/cancel')).status).toBe(409);
    expect((await post(`owners/${randomUUID()}/cancel`)).status).toBe(409);
  });

  it('explains a poisoned task, and runs it again once', async () => {
    const problem = { code: 'inferenceError' as const, message: '', details: {} };
    const { id } = await insertFailed(service, problem);
    await service.database.task.update({ where: { id }, data: { stalls: 3, poisonedAt: new Date() } });
    const explanation = expect.stringMatching(/given up/);
    expect((await overview()).suspects).toMatchObject([{ id, canReplay: true, explanation }]);
    expect((await post(`tasks/${id}/replay`)).status).toBe(204);
    expect((await post(`tasks/${id}/replay`)).status).toBe(409);
    expect((await post(`webhooks/${randomUUID()}/replay`)).status).toBe(409);
    for (const span of [{ from: 'yesterday' }, { from: '2026-02-31T00:00' }, { fro: 'x' }, [], 'x'])
      expect([span, (await post('webhooks/replay', span)).status]).toEqual([span, 400]);
  });

  it('creates a key that works within its limits, and tells it once', async () => {
    const created = await post('keys', {
      name: 'shop',
      ratePerS: 5,
      budgetUsd: 0,
      models: ['runware:109@1'],
      scopes: ['run', 'read'],
      share: 2,
      expiresAt: '2099-01-31T00:00:00Z',
    });
    expect([created.status, created.body]).toEqual([
      201,
      { name: 'shop', key: expect.stringMatching(/^cc_[\w-]{43}$/) },
    ]);
    const listed = await ask('GET', 'keys');
    expect(listed.text).not.toContain(secretOf(created));
    expect(listed.body).toContainEqual(
      expect.objectContaining({ name: 'shop', owner: 'shop', ratePerS: 5, budgetUsd: 0, share: 2 }),
    );
    const client = createClient(service.url, secretOf(created));
    await untilCode(client, 'insufficientCredits');
    expect((await post('keys/shop/limits', { budgetUsd: null })).status).toBe(204);
    await untilCode(client, undefined);

    const rotated = await post('keys/shop/rotate', { overlapS: 0 });
    expect(rotated.status).toBe(200);
    await untilCode(client, 'invalidApiKey');
    const next = createClient(service.url, secretOf(rotated));
    expect((await next.post([removal(photo)])).data).toHaveLength(1);
    expect((await post('keys/shop/revoke')).status).toBe(204);
    await untilCode(next, 'invalidApiKey');
    expect((await post('keys/shop/revoke')).status).toBe(409);
    expect((await post('keys/shop/limits', { inFlight: 5 })).status).toBe(409);
    expect((await post('keys/a%00b/revoke')).status).toBe(409);
  });

  it('leaves the key of npm start alone, which the next start would set again', async () => {
    await writeFile(join(service.config.DATA_DIR, 'api-key'), `${service.key}\n`);
    for (const path of ['keys/local/rotate', 'keys/local/revoke']) {
      const { status, text } = await post(path);
      expect([status, text]).toEqual([
        409,
        expect.stringMatching(/Each npm start sets the key local to that in/),
      ]);
    }
    await rm(join(service.config.DATA_DIR, 'api-key'));
  });

  it('gives a key to the owner of another', async () => {
    expect((await post('keys', { name: 'second', owner: 'local' })).status).toBe(201);
    expect((await ask('GET', 'keys')).body).toContainEqual(
      expect.objectContaining({ name: 'second', owner: 'local' }),
    );
  });

  it.each<[string, object, RegExp]>([
    ['a name with blanks', { name: 'a b' }, /^name: has up to 63/],
    ['no name', {}, /^name: takes a text/],
    ['an unknown field', { name: 'x', colour: 1 }, /^colour: there is no such field/],
    ['an unknown owner', { name: 'x', owner: 'nobody' }, /^owner: there is no key nobody/],
    ['an unknown model', { name: 'x', models: ['acme:1@1'] }, /^models: there is no model acme:1@1/],
    ['an unknown scope', { name: 'x', scopes: ['fly'] }, /^scopes\.0: takes some of run, read/],
    ['a budget below zero', { name: 'x', budgetUsd: -1 }, /^budgetUsd: takes US dollars from 0/],
    ['a rate that is a text', { name: 'x', ratePerS: '5' }, /^ratePerS: takes tasks per second/],
    ['a tiny rate', { name: 'x', ratePerS: 1e-300 }, /^ratePerS: takes tasks per second, from 0\.001/],
    ['a budget that rounds to a million', { name: 'x', budgetUsd: 999_999.9999999999 }, /^budgetUsd: /],
    ['the year 0', { name: 'x', expiresAt: '0000-01-01T00:00:00Z' }, /^expiresAt: takes a moment/],
    ['a day that is none', { name: 'x', expiresAt: 'soon' }, /^expiresAt: takes a moment/],
  ])('refuses a key with %s, and names the field', async (_, body, message) => {
    const { status, text } = await post('keys', body);
    expect([status, text]).toEqual([400, expect.stringMatching(message)]);
  });

  it('refuses a name twice, limits of no key, and callers without the token or from other sites', async () => {
    expect((await post('keys', { name: 'local' })).status).toBe(409);
    expect((await post('keys/nobody/limits', { share: 2 })).status).toBe(409);
    for (const [method, path] of [
      ['GET', 'overview'],
      ['GET', 'keys'],
      ['POST', 'keys'],
      ['POST', 'keys/local/revoke'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect((await ask(method, path, body, { authorization: '' })).status).toBe(401);
      expect((await ask(method, path, body, { origin: 'https://evil.example' })).status).toBe(403);
    }
    expect((await ask('POST', 'keys', {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });
});
