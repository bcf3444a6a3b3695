import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findOwner, putKey } from '#database';
import { clearcut } from '#test/cli';
import { createClient, type Item } from '#test/client';
import { startReceiver, type Receiver } from '#test/receiver';
import { insertSucceeded } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const token = 'a-token-of-the-operator-0123456789';
const hush = 'T0/hush-path';
const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

let service: Service;
let receiver: Receiver;
let other: { readonly ownerId: string; readonly ask: (task: Item) => Promise<Item> };
let paths = 0;

const asker = (post: Service['post']) => async (task: Item) => {
  const { data, errors } = await post([task]);
  return (data[0] ?? errors[0]) as Item;
};
const ask = (task: Item) => asker(service.post)(task);

beforeAll(async () => {
  receiver = await startReceiver();
  service = await startService({
    admin: true,
    env: { ADMIN_TOKEN: token, OUTBOUND_ALLOW: '127.0.0.1', SECRETS_KEY: oldKey },
    dispatcherOptions: { delaysMs: [20], deliveries: { everyMs: 20, graceMs: 100 } },
  });
  await service.dispatcher.start();
  await putKey(service.database, 'other', 'cc_other');
  const owner = await findOwner(service.database, 'cc_other');
  other = { ownerId: owner?.id ?? '', ask: asker(createClient(service.url, 'cc_other').post) };
});
afterAll(async () => {
  await service.stop();
  await receiver.stop();
});
beforeEach(() => service.database.task.deleteMany());

const delivery = (taskId: string) => service.database.delivery.findUniqueOrThrow({ where: { taskId } });
const stateIs = (taskId: string, state: string) =>
  until(`the delivery to be ${state}`, async () => {
    const found = await delivery(taskId);
    return found.state === state ? found : undefined;
  });

/** A task whose webhook was given up. Its receiver takes the next call. */
const givenUp = async (ownerId?: string) => {
  const path = `/${hush}-${++paths}`;
  receiver.answer(path, 500, 503, 200);
  const webhookUrl = `${receiver.url}${path}?token=hush`;
  const task = await insertSucceeded(service, { webhookUrl, ...(ownerId && { ownerId }) });
  const { id } = await stateIs(task.id, 'failed');
  return { ...task, webhookId: id, path };
};
const list = async (more: Item = {}) => {
  const answer = await ask({ taskType: 'listWebhooks', ...more });
  return { cursor: answer['cursor'], webhooks: answer['webhooks'] as Item[] };
};
const idsOf = async (more: Item = {}) => (await list(more)).webhooks.map((each) => each['webhookId']);

const webhooks = (...args: readonly string[]) => {
  const { DATABASE_URL, DATA_DIR } = service.config;
  return clearcut(['webhooks', ...args], { DATABASE_URL, DATA_DIR, SECRETS_KEY: oldKey });
};

describe('listWebhooks', () => {
  it('tells how a webhook stands and all its attempts, and nothing of its address but the host', async () => {
    const { webhookId, taskUuidSent: taskUUID } = await givenUp();
    const { webhooks } = await list({ webhookId });
    const attempt = { at: expect.any(String), ms: expect.any(Number) };
    expect(webhooks).toEqual([
      {
        webhookId,
        taskUUID,
        host: new URL(receiver.url).host,
        status: 'failed',
        attempts: 2,
        createdAt: expect.any(String),
        endedAt: expect.any(String),
        canReplay: true,
        log: [
          { ...attempt, status: 500 },
          { ...attempt, status: 503 },
        ],
      },
    ]);
    expect(JSON.stringify(webhooks)).not.toContain('hush');
  });

  it('filters by status and time, and pages', async () => {
    const [first, second] = [await givenUp(), await givenUp()];
    const path = `/${++paths}`;
    const third = await insertSucceeded(service, { webhookUrl: `${receiver.url}${path}` });
    const { id } = await stateIs(third.id, 'delivered');
    await insertSucceeded(service);
    expect(await idsOf()).toEqual([id, second.webhookId, first.webhookId]);
    expect(await idsOf({ status: 'failed' })).toEqual([second.webhookId, first.webhookId]);
    expect(await idsOf({ status: 'pending' })).toEqual([]);
    expect(await idsOf({ to: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(await idsOf({ from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' })).toHaveLength(3);

    const page = await list({ limit: 2 });
    expect(page.webhooks).toHaveLength(2);
    const rest = await list({ limit: 2, cursor: page.cursor });
    expect(rest.webhooks.map((each) => each['webhookId'])).toEqual([first.webhookId]);
    expect(rest.cursor).toBeUndefined();
  });
});

describe('replayWebhooks', () => {
  it('sends one again, by the task and with the same id', async () => {
    const { id, webhookId, taskUuidSent: taskUUID, path } = await givenUp();
    expect(await ask({ taskType: 'replayWebhooks', taskUUID })).toEqual({
      taskType: 'replayWebhooks',
      taskUUID,
      replayed: 1,
    });
    await stateIs(id, 'delivered');
    expect(receiver.received(path).map(({ headers }) => headers['webhook-id'])).toEqual(
      Array.from({ length: 3 }, () => webhookId),
    );
    expect(await ask({ taskType: 'replayWebhooks', taskUUID })).toMatchObject({ replayed: 0 });
  });

  it('sends all of a time again', async () => {
    const tasks = [await givenUp(), await givenUp()];
    const replay = (more: Item) => ask({ taskType: 'replayWebhooks', all: true, ...more });
    expect(await replay({ to: '2020-01-01T00:00:00Z' })).toEqual({ taskType: 'replayWebhooks', replayed: 0 });
    expect(await replay({ from: '2020-01-01T00:00:00Z' })).toMatchObject({ replayed: 2 });
    for (const { id } of tasks) await stateIs(id, 'delivered');
  });

  it('sends nothing again in a dry run', async () => {
    const { id, taskUuidSent: taskUUID } = await givenUp();
    const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const { data } = await service.post([{ taskType: 'replayWebhooks', taskUUID }], headers);
    expect(data).toEqual([{ taskType: 'replayWebhooks', taskUUID, cost: 0 }]);
    expect((await delivery(id)).state).toBe('failed');
  });

  it('names what is missing or does not fit', async () => {
    expect(await ask({ taskType: 'replayWebhooks' })).toMatchObject({ code: 'missingTaskUUID' });
    expect(await ask({ taskType: 'replayWebhooks', taskUUID: randomUUID() })).toMatchObject({
      code: 'taskNotFound',
    });
    const one = { taskType: 'replayWebhooks', taskUUID: randomUUID(), from: '2020-01-01T00:00:00Z' };
    expect(await ask(one)).toMatchObject({ code: 'incompatibleParameters', parameter: 'from' });
  });
});

describe('the webhooks of another owner', () => {
  it('are neither listed nor replayed', async () => {
    const { id, webhookId, taskUuidSent: taskUUID } = await givenUp();
    expect(await other.ask({ taskType: 'listWebhooks' })).toMatchObject({ webhooks: [] });
    expect(await other.ask({ taskType: 'listWebhooks', webhookId })).toMatchObject({ webhooks: [] });
    expect(await other.ask({ taskType: 'replayWebhooks', taskUUID })).toMatchObject({ code: 'taskNotFound' });
    expect(await other.ask({ taskType: 'replayWebhooks', all: true })).toMatchObject({ replayed: 0 });
    expect((await delivery(id)).state).toBe('failed');
  });

  it('are signed by another secret', async () => {
    const [mine, theirs] = [await webhooks('secret', 'local'), await webhooks('secret', 'other')];
    expect(mine.out).not.toBe(theirs.out);
  });
});

describe('npx clearcut webhooks', () => {
  it('lists by owner and state, shows one, and replays it', async () => {
    const [mine, theirs] = [await givenUp(), await givenUp(other.ownerId)];
    const listed = await webhooks('list');
    expect(listed.out).toMatch(/^WEBHOOK-ID +STATE +ATTEMPTS +ENDED OR DUE +TASK +HOST +LAST ANSWER\n/);
    expect(listed.out).toContain(theirs.webhookId);
    const { host } = new URL(receiver.url);
    const { out } = await webhooks('list', '--key', 'local', '--state', 'failed', '--from', '2020-01-01');
    expect(out.trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(
        new RegExp(`^${mine.webhookId} +failed +2 +\\S+Z +${mine.taskUuidSent} +${host} +503$`),
      ),
    ]);
    const shown = await webhooks('show', mine.webhookId);
    expect(shown.out).toMatch(/\nAT +MS +ANSWER\n\S+Z +\d+ +500\n\S+Z +\d+ +503\n$/);
    expect(listed.out + shown.out).not.toContain('hush');

    expect(await webhooks('replay', mine.webhookId)).toEqual({
      code: 0,
      out: `replayed  ${mine.webhookId}\n`,
      err: '',
    });
    await stateIs(mine.id, 'delivered');
    expect(await webhooks('replay', mine.webhookId)).toMatchObject({
      code: 1,
      err: `clearcut: The webhook ${mine.webhookId} did not fail, or can no longer be replayed.\n`,
    });
    expect((await delivery(theirs.id)).state).toBe('failed');
  });

  it('replays all of an owner, and of a time', async () => {
    const [mine, theirs] = [await givenUp(), await givenUp(other.ownerId)];
    expect((await webhooks('replay', '--all', '--to', '2020-01-01')).out).toBe('replayed  0 webhooks\n');
    expect((await webhooks('replay', '--all', '--key', 'other')).out).toBe('replayed  1 webhooks\n');
    await stateIs(theirs.id, 'delivered');
    expect((await delivery(mine.id)).state).toBe('failed');
  });

  it.each([
    [['list', '--state', 'lost'], '--state takes one of pending, delivered, failed, stopped.'],
    [['list', '--limit', '0'], '--limit takes a whole number from 1 to 1000.'],
    [['list', '--from', 'monday'], '--from takes a time such as 2027-01-31T18:00Z, or a day.'],
    [['list', 'all'], 'webhooks list takes options only.'],
    [['show', 'x'], 'Name one webhook by its webhook-id'],
    [['replay'], 'Name one webhook by its webhook-id'],
    [['replay', randomUUID(), '--all'], 'Name one webhook-id, or add --all.'],
    [['replay', randomUUID(), '--key', 'local'], '--key, --from and --to go with --all.'],
    [['rotate', 'local', '--overlap', 'long'], '--overlap takes a time such as 30m, 24h or 7d.'],
  ])('answers %j with its usage', async (args, message) => {
    const ended = await webhooks(...args);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(`clearcut: ${message}`);
  });

  it('says in one sentence that there is no such key, or no SECRETS_KEY', async () => {
    expect(await webhooks('secret', 'nobody')).toMatchObject({
      code: 1,
      err: 'clearcut: There is no key nobody: see keys list.\n',
    });
    const { DATABASE_URL } = service.config;
    const env = { DATABASE_URL, DATA_DIR: '/nonexistent', SECRETS_KEY: '' };
    expect(await clearcut(['webhooks', 'secret', 'local'], env)).toMatchObject({
      code: 1,
      err: 'clearcut: SECRETS_KEY is not set, and /nonexistent has no secrets-key: set it as the programs have it.\n',
    });
  });
});

describe('the status page', () => {
  const authorization = `Bearer ${token}`;
  const press = (body: Record<string, string>, headers = {}) =>
    fetch(`${service.admin.dispatcher}/replay-all`, {
      method: 'POST',
      body: new URLSearchParams(body),
      headers: { authorization, ...headers },
      redirect: 'manual',
    });

  it('shows the attempts of a webhook, and replays all of a time', async () => {
    const { id } = await givenUp();
    const get = async (path: string) =>
      (await fetch(`${service.admin.dispatcher}${path}`, { headers: { authorization } })).text();
    const page = await get('/plain');
    expect(page).toMatch(/<summary>503<\/summary>[\s\S]*<td>500<\/td>[\s\S]*<td>503<\/td>/);
    expect(page + (await get('/api/overview'))).not.toContain('hush');

    expect((await press({ to: '2020-01-01T00:00' })).status).toBe(303);
    expect((await delivery(id)).state).toBe('failed');
    expect((await press({ from: 'monday' })).status).toBe(400);
    expect((await press({}, { authorization: '' })).status).toBe(401);
    expect((await press({}, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await press({ from: '2020-01-01T00:00', to: '' })).status).toBe(303);
    await stateIs(id, 'delivered');
  });
});

describe('an error that a former release stored', () => {
  it('loses the path of its address when a dispatcher starts', async () => {
    const { webhookId } = await givenUp();
    const error = `The URL in 'webhookURL' cannot be used: https://hooks.example:8443/${hush}/x refuses the connection.`;
    await service.database.deliveryAttempt.create({ data: { deliveryId: webhookId, ms: 1, error } });
    await service.dispatcher.stop();
    await service.dispatcher.start();
    const mended =
      "The URL in 'webhookURL' cannot be used: https://hooks.example:8443 refuses the connection.";
    await until('the error to be shortened', async () => {
      const found = await service.database.deliveryAttempt.findFirst({ where: { error: { not: null } } });
      return found?.error === mended ? found : undefined;
    });
  });
});

describe('a secret', () => {
  it('is sealed anew by the next dispatcher after a new SECRETS_KEY, so that the old one can go', async () => {
    const before = (await webhooks('secret', 'local')).out;
    const { DATABASE_URL, DATA_DIR } = service.config;
    const env = { DATABASE_URL, SECRETS_KEY: `${newKey},${oldKey}` };
    const next = await startService({ env, neverServed: true });
    try {
      await service.dispatcher.stop();
      await next.dispatcher.start();
      const later = { DATABASE_URL, DATA_DIR, SECRETS_KEY: newKey };
      const ended = await until('the secret to be sealed anew', async () => {
        const found = await clearcut(['webhooks', 'secret', 'local'], later);
        return found.code === 0 ? found : undefined;
      });
      expect(ended.out).toBe(before);
    } finally {
      await next.stop();
    }
  });
});
