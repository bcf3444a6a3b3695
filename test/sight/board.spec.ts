import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queueName } from '#queue';
import { removal } from '#test/client';
import { openLibraryQueue, openLibraryWorker } from '#test/library-queue';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const token = 'a-token-of-the-operator-0123456789';
const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const model = 'runware:109@1';
const name = queueName(model);

type Shown = {
  readonly name: string;
  readonly displayName: string;
  readonly readOnlyMode: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly { readonly id: string; readonly data: unknown; readonly failedReason?: string }[];
};

describe.each(backends)('the queue dashboard with queues on %s', (backend) => {
  let redis: TestRedis | undefined;
  let service: Service;
  let board: string;
  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    const env = { ADMIN_TOKEN: token, ...(redis && { REDIS_URL: redis.url }) };
    service = await startService({ admin: true, env });
    board = `${service.admin.dispatcher}/queues`;
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    await redis?.stop();
  });

  const authorization = `Basic ${Buffer.from(`operator:${token}`).toString('base64')}`;
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${board}${path}`, { headers: { authorization }, ...init });
  const shown = async (query = ''): Promise<Shown[]> =>
    ((await (await get(`/api/queues${query}`)).json()) as { queues: Shown[] }).queues;
  const shownJobs = async () => (await shown(`?activeQueue=${name}&jobsPerPage=50`))[0]?.jobs ?? [];

  it('requires the token for its page, scripts and queries', async () => {
    for (const path of [
      '',
      '/',
      `/queue/${name}`,
      '/static/favicon-32x32.png',
      '/api/queues',
      '/elsewhere',
    ]) {
      expect((await fetch(`${board}${path}`)).status).toBe(401);
      expect((await get(path, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    }
    const headers = { authorization, origin: 'https://evil.example' };
    expect((await get('/api/queues', { headers })).status).toBe(403);
    expect((await get('/api/queues', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await get('/elsewhere')).status).toBe(404);
  });

  it('serves its page with all assets, and refers to no other host', async () => {
    const page = await get('/');
    const text = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(text).toContain('<base href="/queues/" />');
    expect(text).toContain('<title>Clearcut queues</title>');
    expect(text).not.toMatch(/https?:/);
    expect(await (await get(`/queue/${name}/some-job`)).text()).toBe(text);

    const parts = [...text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path);
    expect(parts.length).toBeGreaterThan(4);
    const types = await Promise.all(
      [...parts, 'static/locales/en-US/messages.json'].map(async (path) => {
        const { status, headers } = await get(`/${path}`);
        return status === 200 ? headers.get('content-type') : `${path}: ${status}`;
      }),
    );
    const known = [
      'application/javascript; charset=utf-8',
      'text/css; charset=utf-8',
      'image/svg+xml',
      'image/png',
      'application/json; charset=utf-8',
    ];
    expect(new Set(types)).toEqual(new Set(known));
  });

  it('is linked from the status page', async () => {
    const status = await fetch(`${service.admin.dispatcher}/plain`, { headers: { authorization } });
    expect(await status.text()).toContain('<a href="/queues/">');
  });

  it('shows the queue of each served model with its waiting jobs', async () => {
    const before = await shown();
    expect(before).toEqual([expect.objectContaining({ name, displayName: model, readOnlyMode: true })]);
    expect(before[0]?.counts).toMatchObject({ waiting: 0, active: 0 });

    const image = (await toPng(disc(40, 30))).toString('base64');
    const later = {
      deliveryMethod: 'async',
      webhookURL: 'https://receiver.example/hook?token=hush',
      uploadEndpoint: 'https://store.example/put?X-Signature=hush',
    };
    // Without a worker the queue gets two tasks, and the third waits in Postgres.
    await service.post([removal(image, later), removal(image, later), removal(image, later)]);
    const waiting = await until('the jobs', async () => {
      const [queue] = await shown();
      return queue?.counts['waiting'] === 2 ? queue : undefined;
    });
    expect(waiting.counts).toMatchObject({ active: 0, delayed: 0, failed: 0 });

    await service.database.servedModel.create({ data: { air: 'acme:2@1', lastServedAt: new Date() } });
    const models = (await shown()).map(({ displayName }) => displayName);
    expect(models.sort()).toEqual(['acme:2@1', model]);
    await service.database.servedModel.delete({ where: { air: 'acme:2@1' } });
    expect(await shown()).toHaveLength(1);
  });

  it('shows the queue of fetches while there are some', async () => {
    await service.post([removal('https://pictures.example/one.png', { deliveryMethod: 'async' })]);
    const names = await until('the queue', async () => {
      const found = (await shown()).map(({ displayName }) => displayName);
      return found.includes('fetch') ? found : undefined;
    });
    expect(names.toSorted()).toEqual(['fetch', model]);
  });

  it('shows a job without any secrets', async () => {
    const id = randomUUID();
    const data = { taskId: id, inputUrl: 'https://in.example/a.png?token=hush', apiKey: 'hush' };
    const queue = openLibraryQueue(service.config, model);
    const fail = async (job: { id?: string | undefined }) => {
      if (job.id === id)
        throw new Error('PUT https://user:hush@store.example/a?X-Signature=hush was refused');
      return { url: 'https://out.example/a?token=hush' };
    };
    const worker = openLibraryWorker(service.config, model, fail);
    try {
      await queue.add('removal', data, { jobId: id, lifo: true, removeOnFail: false });
      void worker.run();
      const failed = await until('the failure', async () =>
        (await shownJobs()).find((job) => job.id === id && job.failedReason),
      );
      expect(failed.data).toEqual({ taskId: id });
      expect(failed.failedReason).toBe('PUT https://store.example/a?… was refused');

      for (const path of [
        '/api/queues?activeQueue=' + name,
        `/api/queues/${name}/${id}`,
        `/api/queues/${name}/${id}/logs`,
        '/api/redis/stats',
      ]) {
        const answer = await get(path);
        const text = await answer.text();
        expect([path, answer.status]).toEqual([path, 200]);
        expect(text).not.toContain('hush');
        expect(text).not.toContain(token);
      }
    } finally {
      await worker.close();
      await queue.close();
    }
  });

  it('cannot change anything', async () => {
    const queue = openLibraryQueue(service.config, model);
    try {
      const id = randomUUID();
      await queue.pause();
      await queue.add('removal', { taskId: id }, { jobId: id, delay: 600_000 });
      const counts = () => queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      const before = await counts();
      expect(before['delayed']).toBe(1);
      for (const [method, path] of [
        ['PUT', '/api/queues/pause'],
        ['PUT', '/api/queues/resume'],
        ['PUT', `/api/queues/${name}/resume`],
        ['PUT', `/api/queues/${name}/empty`],
        ['PUT', `/api/queues/${name}/obliterate`],
        ['PUT', `/api/queues/${name}/promote`],
        ['PUT', `/api/queues/${name}/${id}/promote`],
        ['PUT', `/api/queues/${name}/${id}/clean`],
        ['PATCH', `/api/queues/${name}/${id}/update-data`],
        ['POST', `/api/queues/${name}/add`],
        ['DELETE', `/api/queues/${name}`],
      ] as const) {
        const answer = await get(path, { method });
        expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, 'GET']);
      }
      expect([await counts(), await queue.isPaused()]).toEqual([before, true]);
    } finally {
      await queue.resume();
      await queue.close();
    }
  });

  it('serves only its own files', async () => {
    const { port } = new URL(board);
    const raw = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ port, path, headers: { authorization } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end();
      });
    const outside = [
      '/../package.json',
      '/static/../index.ejs',
      '/static/..%2findex.ejs',
      '/static/%2e%2e/index.ejs',
      '/static',
      '/api/queues/%zz',
    ];
    for (const path of outside) expect([path, await raw(`/queues${path}`)]).toEqual([path, 404]);
    expect(await raw('/queuesque')).toBe(404);
  });
});

it('is closed when no token is set', async () => {
  const service = await startService({ admin: true });
  try {
    await service.dispatcher.start();
    expect((await fetch(`${service.admin.dispatcher}/queues/api/queues`)).status).toBe(403);
  } finally {
    await service.stop();
  }
});

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing redis-server is a failure.
(redisIsInstalled() ? it : it.skip)('says within a few seconds that the queue does not answer', async () => {
  const redis = await startRedis();
  const env = { ADMIN_TOKEN: token, REDIS_URL: redis.url };
  const service = await startService({ admin: true, env });
  try {
    await service.dispatcher.start();
    await redis.stop();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${service.admin.dispatcher}/queues/api/queues`, { headers });
    expect([answer.status, await answer.text()]).toEqual([500, 'Something failed; the log says what.\n']);
    const page = await fetch(`${service.admin.dispatcher}/queues/`, { headers });
    expect(page.status).toBe(200);
    await redis.start();
    await until('the queue to answer again', async () => {
      const { status } = await fetch(`${service.admin.dispatcher}/health/dependencies`);
      return status === 200;
    });
  } finally {
    await service.stop();
    await redis.stop();
  }
});
