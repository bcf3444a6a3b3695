import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startReceiver, type Receiver } from '#test/receiver';
import { insertFailed, insertRemoval, insertSucceeded } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const token = 'a-token-of-the-operator-0123456789';

describe('the status page without scripts', () => {
  let service: Service;
  let receiver: Receiver;
  let url: string;
  beforeAll(async () => {
    receiver = await startReceiver();
    service = await startService({
      admin: true,
      env: { ADMIN_TOKEN: token, OUTBOUND_ALLOW: '127.0.0.1' },
      dispatcherOptions: { delaysMs: [], deliveries: { everyMs: 20 } },
    });
    url = service.admin.dispatcher;
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
  });

  const basic = (password: string) => `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`;
  const get = (authorization?: string) =>
    fetch(`${url}/plain`, { headers: authorization ? { authorization } : {} });
  const page = async () => (await get(basic(token))).text();
  const replay = (id: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/replay`, {
      method: 'POST',
      body: new URLSearchParams({ id }),
      headers: { authorization: basic(token), ...headers },
      redirect: 'manual',
    });
  const delivery = (taskId: string) => service.database.delivery.findUniqueOrThrow({ where: { taskId } });
  const givenUp = async (path: string) => {
    receiver.answer(path, 500, 200);
    const { id } = await insertSucceeded(service, { webhookUrl: `${receiver.url}${path}?token=hush` });
    return until('the delivery to be given up', async () => {
      const found = await delivery(id);
      return found.state === 'failed' ? found : undefined;
    });
  };

  it('requires the token', async () => {
    const asked = await get();
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="Clearcut", charset="UTF-8"',
    ]);
    for (const wrong of [basic('wrong'), basic(''), `Basic ${token}`, 'Bearer wrong', 'Bearer'])
      expect((await get(wrong)).status).toBe(401);
    expect((await get(basic(token))).status).toBe(200);
    expect((await get(`Bearer ${token}`)).status).toBe(200);
  });

  it('is closed when no token is set', async () => {
    const other = await startService({ admin: true });
    try {
      await other.dispatcher.start();
      const answer = await fetch(`${other.admin.dispatcher}/plain`, {
        headers: { authorization: basic('') },
      });
      expect([answer.status, await answer.text()]).toEqual([
        403,
        'Set ADMIN_TOKEN to see the status page.\n',
      ]);
    } finally {
      await other.stop();
    }
  });

  it('shows tasks, failures, poisoned tasks, workers and the queue', async () => {
    const problem = { code: 'uploadFailed' as const, message: '', details: {} };
    const { id } = await insertFailed(service, problem, { model: 'acme:<b>@1' });
    await service.database.task.update({ where: { id }, data: { stalls: 3 } });
    const text = await page();
    expect(text).toContain('<td>uploadFailed</td>');
    expect(text).toContain(`<td>${id}</td><td>acme:&lt;b&gt;@1</td><td>failed</td><td>3</td>`);
    expect(text).not.toContain('<b>');
    expect(text).toContain('cpu (asked for auto)');
    expect(text).toContain('libonnxruntime_providers_cuda.so is not installed');
    expect(text).toContain('<td>runware:109@1</td><td>0</td><td>0</td><td>0 s</td>');
  });

  it('explains a poisoned task, and runs it again once', async () => {
    const problem = { code: 'inferenceError' as const, message: '', details: {} };
    const { id, taskUuidSent } = await insertFailed(service, problem);
    await service.database.task.update({ where: { id }, data: { stalls: 3, poisonedAt: new Date() } });
    const text = await page();
    expect(text).toContain('given up: a worker ended by itself while it ran alone');
    expect(text).toContain(`value="${id}"`);

    const runAgain = () =>
      fetch(`${url}/replay-task`, {
        method: 'POST',
        body: new URLSearchParams({ id }),
        headers: { authorization: basic(token) },
        redirect: 'manual',
      });
    expect((await runAgain()).status).toBe(303);
    const where = { taskUuid: taskUuidSent.toLowerCase(), revision: 2 };
    expect(await service.database.task.count({ where })).toBe(1);
    expect((await runAgain()).status).toBe(409);
  });

  it('shows what waits and runs for each owner', async () => {
    // No worker serves this model, so the tasks go on waiting.
    await service.database.task.deleteMany({ where: { state: 'queued' } });
    const { ownerId } = await insertRemoval(service, { model: 'acme:1@1' });
    await insertRemoval(service, { model: 'acme:1@1' });
    const { name } = await service.database.apiKey.findUniqueOrThrow({ where: { id: ownerId } });
    try {
      expect(await page()).toMatch(
        new RegExp(`<td>${name}</td>\\s*<td>2</td>\\s*<td>0</td>\\s*<td>\\d+ s</td>`),
      );
    } finally {
      await service.database.task.deleteMany({ where: { state: 'queued' } });
    }
  });

  it('lists failed deliveries without the query of their address, and replays them', async () => {
    const { id, taskId } = await givenUp('/replayed');
    const before = await page();
    expect(before).toContain(`value="${id}"`);
    expect(before).not.toContain('hush');

    const answer = await replay(id);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/plain']);
    const ended = await until('the delivery', async () => {
      const found = await delivery(taskId);
      return found.state === 'delivered' ? found : undefined;
    });
    expect(ended).toMatchObject({ url: null, attempts: 1 });
    const ids = receiver.received('/replayed').map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([id, id]);
    expect((await replay(id)).status).toBe(409);
  });

  it('accepts the form that a browser sends from the page itself', async () => {
    const { id } = await givenUp('/browser');
    // Under `no-referrer`, a browser would send `Origin: null` instead.
    expect((await get(basic(token))).headers.get('referrer-policy')).toBe('same-origin');
    expect((await replay(id, { origin: url, 'sec-fetch-site': 'same-origin' })).status).toBe(303);
  });

  it('refuses forms of other pages and forms without the token', async () => {
    const { id, taskId } = await givenUp('/foreign');
    expect((await replay(id, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await replay(id, { origin: 'null' })).status).toBe(403);
    for (const site of ['cross-site', 'same-site', 'unheard-of'])
      expect((await replay(id, { 'sec-fetch-site': site })).status).toBe(403);
    expect((await replay(id, { authorization: '' })).status).toBe(401);
    expect((await replay(randomUUID())).status).toBe(409);
    expect((await replay("x' OR true")).status).toBe(409);
    expect((await replay('x'.repeat(10_000))).status).toBe(409);
    expect(await delivery(taskId)).toMatchObject({ state: 'failed' });
  });

  it('cancels all waiting tasks of a key by its button, which other pages cannot press', async () => {
    await service.worker.stop();
    const { id, ownerId } = await insertRemoval(service);
    const press = (owner: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/cancel`, {
        method: 'POST',
        body: new URLSearchParams({ owner }),
        headers: { authorization: basic(token), ...headers },
        redirect: 'manual',
      });
    expect(await page()).toContain(`name="owner" value="${ownerId}"`);
    expect((await press(ownerId, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await press(ownerId, { authorization: '' })).status).toBe(401);
    expect((await press('x')).status).toBe(409);
    const answer = await press(ownerId, { origin: url });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/plain']);
    const row = await service.database.task.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ state: 'failed', problem: { code: 'taskCancelled' } });
    expect(await page()).toContain('<td>cancelled</td><td>taskCancelled</td>');
    await service.worker.start();
  });

  it('drops the address of a failed delivery after a week, which then cannot be replayed', async () => {
    const { id, taskId } = await givenUp('/forgotten');
    const endedAt = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
    await service.database.delivery.update({ where: { id }, data: { endedAt } });
    await until('the address to be dropped', async () => (await delivery(taskId)).url === null);
    expect((await replay(id)).status).toBe(409);
  });
});
