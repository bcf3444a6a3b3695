import { afterEach, describe, expect, it } from '@jest/globals';
import { disc, toPng } from '#test/pictures';
import { startPictureServer } from '#test/picture-server';
import { redisIsInstalled, startRedis } from '#test/redis';
import { insertRemoval } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const ask = async (url: string, path: string) => {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** A dependency that takes 0.9 s to answer counts as down, which happens on a busy machine. */
const untilUp = (url: string) =>
  until('the dependencies to answer', async () => {
    const answer = await ask(url, '/health/dependencies');
    return answer.status === 200 ? answer : undefined;
  });

const programs = ['gateway', 'worker', 'dispatcher'] as const;

const up = async (url: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Object.fromEntries(
    [...text.matchAll(/^clearcut_dependency_up\{dependency="(\w+)"\} (\d)$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]),
  );
};

describe('the admin port', () => {
  let service: Service;
  afterEach(() => service.stop());

  it('is closed unless ADMIN_PORT is set', async () => {
    service = await startService();
    await expect(fetch(service.admin.gateway)).rejects.toThrow('fetch failed');
  });

  it('answers the probes of every program', async () => {
    service = await startService({ admin: true });
    await service.worker.start();
    await service.dispatcher.start();
    for (const url of Object.values(service.admin)) {
      expect(await ask(url, '/health/live')).toMatchObject({ status: 200, body: { ok: true } });
      expect(await ask(url, '/health/ready')).toEqual({ status: 200, body: { ok: true, schema: 'up' } });
      const body = { ok: true, database: 'up', queue: 'up', storage: 'up' };
      expect(await untilUp(url)).toEqual({ status: 200, body });
      expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
    }
  });
});

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing redis-server is a failure.
const withRedis = redisIsInstalled() ? it : it.skip;

describe('every program', () => {
  withRedis('stays ready while the queue is away, and names it as a dependency that is down', async () => {
    const redis = await startRedis();
    const service = await startService({ admin: true, env: { REDIS_URL: redis.url } });
    try {
      await service.worker.start();
      await service.dispatcher.start();
      for (const name of programs) await untilUp(service.admin[name]);

      await redis.stop();
      for (const url of programs.map((name) => service.admin[name])) {
        const down = await until('the outage to show', async () => {
          const answer = await ask(url, '/health/dependencies');
          return answer.status === 503 && answer.body['database'] === 'up' ? answer : undefined;
        });
        expect(down.body).toMatchObject({ ok: false, queue: expect.stringMatching(/^down: /) });
        await until('the metric', async () => {
          const { database, queue } = await up(url);
          return database === 1 && queue === 0;
        });
        expect(await ask(url, '/health/ready')).toMatchObject({ status: 200, body: { ok: true } });
        expect((await ask(url, '/health/live')).status).toBe(200);
      }

      await redis.start();
      for (const name of programs) await untilUp(service.admin[name]);
    } finally {
      await service.stop();
      await redis.stop();
    }
  });
});

describe('a gateway that is told to stop', () => {
  it('is not ready at once, and takes requests for SHUTDOWN_DELAY_S', async () => {
    const service = await startService({ admin: true, env: { SHUTDOWN_DELAY_S: '3' } });
    try {
      expect((await ask(service.admin.gateway, '/health/ready')).status).toBe(200);
      const stopped = service.gateway.stop();
      const { body } = await until('it to be unready', async () => {
        const answer = await ask(service.admin.gateway, '/health/ready');
        return answer.status === 503 ? answer : undefined;
      });
      expect(body).toEqual({ ok: false, phase: 'stopping' });
      const { status } = await fetch(`${service.url}/health/live`, { headers: { connection: 'close' } });
      expect(status).toBe(200);
      await stopped;
      await expect(fetch(service.url)).rejects.toThrow('fetch failed');
    } finally {
      await service.stop();
    }
  });
});

describe('a worker', () => {
  it('is not live when a task for it waits in the queue and is not taken', async () => {
    const service = await startService({
      admin: true,
      env: { STALLED_AFTER_S: '1', WORKER_CONCURRENCY: '1', OUTBOUND_ALLOW: '127.0.0.1' },
    });
    const pictures = await startPictureServer(await toPng(disc(40, 30)));
    try {
      await service.worker.start();
      pictures.hold();
      // Tasks of an older gateway, whose images are fetched when the device has a place.
      await Promise.all([1, 2].map(() => insertRemoval(service, { imageUrl: pictures.url })));
      await service.dispatcher.start();
      const { worker } = service.admin;
      const dead = await until('the worker to be called dead', async () => {
        const answer = await ask(worker, '/health/live');
        return answer.status === 503 ? answer : undefined;
      });
      expect(dead.body).toMatchObject({ ok: false, inHand: 1 });

      pictures.release();
      await until('it to live again', async () => (await ask(worker, '/health/live')).status === 200);
    } finally {
      pictures.release();
      await service.stop();
      await pictures.stop();
    }
  });
});
