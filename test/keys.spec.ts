import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  claimTask,
  createKey,
  failTask,
  findOwner,
  findOwnerId,
  findUsage,
  findWorkingKeys,
  foldUsage,
  hashKey,
  limitKey,
  revokeKey,
  rotateKey,
  type KeySettings,
} from '#database';
import { createClient, removal, type Client } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { insertRemoval } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const photo = (await toPng(disc(60, 40))).toString('base64');
const PRICE = 0.0006;

describe('a key', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
  });
  afterAll(() => service.stop());

  type Made = Client & { readonly key: string; readonly id: string; readonly name: string };
  const make = async (settings: KeySettings & { readonly ownerId?: string } = {}): Promise<Made> => {
    const key = `cc_${randomUUID()}`;
    const name = `k-${randomUUID()}`;
    await createKey(service.database, name, key, settings);
    const caller = await findOwner(service.database, key);
    return { ...createClient(service.url, key), key, name, id: caller?.key.id ?? '' };
  };
  const ownerOf = async ({ name }: Made) => (await findOwnerId(service.database, name)) ?? '';
  const poll = (taskUUID: string | undefined) => [{ taskType: 'getResponse', taskUUID }];
  const wire = (client: Made, tasks: readonly unknown[]) =>
    fetch(`${service.url}/v1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(tasks),
    });

  it('reads the tasks and uses the images of another key of its owner, and of no other owner', async () => {
    const first = await make();
    const second = await make({ ownerId: await ownerOf(first) });
    const stranger = await make();
    const { data } = await first.post([removal(photo)]);
    const [done] = data;
    expect((await second.post(poll(done?.taskUUID))).data[0]).toMatchObject({ status: 'success' });
    expect((await stranger.post(poll(done?.taskUUID))).errors[0]).toMatchObject({ code: 'taskNotFound' });

    const again = await second.post([removal(String(done?.['imageUUID']))]);
    expect(again.data[0]).toMatchObject({ status: 'success' });
    expect(await service.database.task.count({ where: { keyId: second.id } })).toBe(1);
  });

  it.each([
    ['run', 'removeBackground'],
    ['upload', 'imageUpload'],
    ['upload', 'mediaStorage'],
    ['read', 'getResponse'],
    ['read', 'getTaskDetails'],
    ['admin', 'accountManagement'],
  ] as const)('without the scope %s may not send %s', async (scope, taskType) => {
    const tasks: Record<string, Record<string, unknown>> = {
      removeBackground: { model: 'runware:109@1', inputImage: photo },
      imageUpload: { image: photo },
      mediaStorage: { media: photo },
      getResponse: {},
      getTaskDetails: {},
      accountManagement: { operation: 'getDetails' },
    };
    const others = (['run', 'upload', 'read', 'admin'] as const).filter((other) => other !== scope);
    const client = await make({ scopes: [...others] });
    const task = { taskType, taskUUID: randomUUID(), ...tasks[taskType] };
    const refused = await client.post([task]);
    expect(refused.status).toBe(403);
    expect(refused.errors).toEqual([
      expect.objectContaining({
        code: 'permissionDenied',
        message: `The key ${client.name} may not send ${taskType}: it lacks the scope ${scope}.`,
        taskUUID: task.taskUUID,
      }),
    ]);
    expect((await client.post([{ taskType: 'ping', ping: true }])).status).toBe(200);
  });

  it('is refused models that it is not for, by AIR id and by slug', async () => {
    const client = await make({ models: ['acme:1@1'] });
    for (const model of ['runware:109@1', 'rembg-v1-4']) {
      const { status, errors } = await client.post([removal(photo, { model })]);
      expect([status, errors[0]]).toEqual([
        403,
        expect.objectContaining({
          code: 'permissionDenied',
          parameter: 'model',
          allowedValues: ['acme:1@1'],
        }),
      ]);
    }
    const { status } = await (await make({ models: ['runware:109@1'] })).post([removal(photo)]);
    expect(status).toBe(200);
  });

  it('with a rate is told by 429, Retry-After and RateLimit how fast it may send', async () => {
    const client = await make({ ratePerS: 0.02 });
    const first = await wire(client, [removal(photo)]);
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"rate";q=1;w=50, "in-flight";q=10000;qu="concurrent-requests"',
    );
    expect(first.headers.get('ratelimit')).toMatch(/^"rate";r=0;t=(50|49|4\d|3\d), "in-flight";r=\d+$/);

    for (const task of [removal(photo), { taskType: 'imageUpload', taskUUID: randomUUID(), image: photo }]) {
      const second = await wire(client, [task]);
      expect(second.status).toBe(429);
      const retryAfter = Number(second.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(1);
      expect(retryAfter).toBeLessThanOrEqual(50);
      expect(await second.json()).toMatchObject({
        errors: [{ code: 'rateLimitExceeded', max: 1, retryAfter }],
      });
    }
  });

  it('gets the result of a task that it repeats beyond its rate', async () => {
    const client = await make({ ratePerS: 0.01 });
    const task = removal(photo);
    const [once, twice] = [await client.post([task]), await client.post([task])];
    expect(twice.data).toEqual(once.data);
  });

  it('with a budget gets 402 with the missing amount, before anything is stored', async () => {
    const client = await make({ budgetUsd: 2.5 * PRICE });
    const { status, data, errors } = await client.post([1, 2, 3].map(() => removal(photo)));
    expect([status, data.length]).toEqual([200, 2]);
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'insufficientCredits',
        missingUSD: 0.0003,
        message: expect.stringMatching(
          /^This task may cost \$0\.0006, and this key has \$0\.0003 left of its \$0\.0015 for \w+ \d{4}: \$0\.0003 are missing\.$/,
        ),
      }),
    ]);
    expect(await service.database.task.count({ where: { keyId: client.id } })).toBe(2);
    const alone = await client.post([removal(photo)]);
    expect([alone.status, alone.errors[0]?.code]).toEqual([402, 'insufficientCredits']);
  });

  it('counts what is in flight against its budget, and what failed not at all', async () => {
    const client = await make({ budgetUsd: 1.5 * PRICE });
    const ownerId = await ownerOf(client);
    const { id } = await insertRemoval(service, { ownerId, keyId: client.id, estimate: `${PRICE}` });
    const running = await claimTask(service.database, id);
    expect((await client.post([removal(photo)])).status).toBe(402);

    if (running)
      await failTask(service.database, running, { code: 'inferenceError', message: '', details: {} });
    await until('the end to be seen', async () => (await client.post([removal(photo)])).status === 200);
    expect(await findUsage(service.database, { by: [], ownerId })).toEqual([
      expect.objectContaining({ tasks: 2, failed: 1, costUsd: PRICE }),
    ]);
  });

  it('keeps its usage when it is counted into days, and when its tasks are deleted', async () => {
    const client = await make();
    await client.post([removal(photo), removal(photo)]);
    const ownerId = await ownerOf(client);
    const before = await findUsage(service.database, { by: ['day', 'key', 'model'], ownerId });
    const megapixels = (2 * 60 * 40) / 1_048_576;
    expect(before).toEqual([
      {
        day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        key: client.name,
        model: 'runware:109@1',
        tasks: 2,
        failed: 0,
        costUsd: 2 * PRICE,
        megapixels: expect.closeTo(megapixels, 9),
      },
    ]);

    expect(await foldUsage(service.database, 1000)).toBeGreaterThan(0);
    await client.post([removal(photo)]);
    await service.database.task.deleteMany({ where: { ownerId } });
    await foldUsage(service.database, 1000);
    expect(await service.database.usageEntry.count({ where: { ownerId } })).toBe(0);
    expect(await findUsage(service.database, { by: [], ownerId })).toEqual([
      expect.objectContaining({ tasks: 3, failed: 0, costUsd: expect.closeTo(3 * PRICE, 9) }),
    ]);
  });

  it('counts each end once, however many dispatchers count and however few at a time', async () => {
    const client = await make();
    await client.post(Array.from({ length: 8 }, () => removal(photo)));
    const folds = Array.from({ length: 12 }, () => foldUsage(service.database, 2));
    await Promise.all(folds);
    await until('all to be counted', async () => (await foldUsage(service.database, 1000)) === 0);
    const [day] = await service.database.usageDay.findMany({ where: { keyId: client.id } });
    expect(day).toMatchObject({ tasks: 8, failed: 0 });
  });

  it('is counted into days by the dispatcher', async () => {
    const client = await make();
    await client.post([removal(photo)]);
    await service.dispatcher.start();
    await until('the day', () => service.database.usageDay.findFirst({ where: { keyId: client.id } }));
    await service.dispatcher.stop();
  });

  it('keeps to limits that are changed while it is in use, and stops when it is revoked', async () => {
    const client = await make();
    const statusOf = async (task: object) => (await wire(client, [task])).status;
    const ask = { taskType: 'getResponse', taskUUID: randomUUID() };
    const ping = { taskType: 'ping', ping: true };
    expect([await statusOf(ask), await statusOf(removal(photo))]).toEqual([404, 200]);

    await limitKey(service.database, client.name, { budgetUsd: PRICE / 2 });
    await until('the budget to count', async () => (await statusOf(removal(photo))) === 402);
    await limitKey(service.database, client.name, { scopes: ['run'] });
    await until('the scopes to count', async () => (await statusOf(ask)) === 403);
    await revokeKey(service.database, client.name);
    await until('the revocation to count', async () => (await statusOf(ping)) === 401);
  });

  it('keeps a connection open until it expires or its overlap is over', async () => {
    const client = await make({ expiresAt: new Date(Date.now() + 3_600_000) });
    const rotated = `cc_${randomUUID()}`;
    await rotateKey(service.database, client.name, rotated, 60);
    const hashes = [client.key, rotated].map(hashKey);
    const working = async () => {
      const found = await findWorkingKeys(service.database, hashes);
      return hashes.map((hash) => found.has(hash));
    };
    const update = (data: Record<string, Date>) =>
      service.database.apiKey.update({ where: { name: client.name }, data });
    expect(await working()).toEqual([true, true]);
    await update({ previousUntil: new Date(0) });
    expect(await working()).toEqual([false, true]);
    await update({ expiresAt: new Date(0) });
    expect(await working()).toEqual([false, false]);
  });

  it('tells by accountManagement about its owner: keys, use and the rest of its budget', async () => {
    const first = await make();
    const second = await make({ ownerId: await ownerOf(first), budgetUsd: 1 });
    await second.post([removal(photo)]);
    const ask = { taskType: 'accountManagement', taskUUID: randomUUID(), operation: 'getDetails' };
    const used = { credits: PRICE, requests: 1 };
    const expected = {
      taskType: 'accountManagement',
      taskUUID: ask.taskUUID,
      operation: 'getDetails',
      organizationName: first.name,
      organizationUUID: first.id,
      balance: { amount: 1 - PRICE, freeBalance: 0, currency: 'USD' },
      team: [],
      apiKeys: [
        expect.objectContaining({
          name: first.name,
          enabled: true,
          requests: 0,
          apiKey: 'cc_' + first.key.slice(3, 6) + '…',
        }),
        expect.objectContaining({ name: second.name, enabled: true, requests: 1 }),
      ],
      usage: { total: used, today: used, last7Days: used, last30Days: used },
    };
    expect((await second.post([ask])).data).toEqual([expected]);
    expect((await first.post([{ ...ask, taskUUID: randomUUID() }])).data[0]).not.toHaveProperty('balance');
    expect((await first.post([{ ...ask, operation: 'getUsageActivity' }])).errors[0]).toMatchObject({
      parameter: 'operation',
      allowedValues: ['getDetails'],
    });
  });
});

describe('a key with its own number of tasks in flight', () => {
  it('is held to that, and other keys of its owner to theirs', async () => {
    const service = await startService({ env: { MAX_TASKS_IN_FLIGHT: '3' } });
    try {
      const [narrow, wide] = [`cc_${randomUUID()}`, `cc_${randomUUID()}`];
      await createKey(service.database, 'narrow', narrow, { inFlight: 1 });
      const ownerId = await findOwnerId(service.database, 'narrow');
      await createKey(service.database, 'wide', wide, { inFlight: 5, ...(ownerId && { ownerId }) });
      const send = (key: string) =>
        createClient(service.url, key).post(
          Array.from({ length: 8 }, () => removal(photo, { deliveryMethod: 'async' })),
        );
      expect((await send(narrow)).data).toHaveLength(1);
      expect((await send(wide)).data).toHaveLength(5);
      expect((await send(service.key)).data).toHaveLength(3);
    } finally {
      await service.stop();
    }
  });
});
