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
const readiness = (url: string) =>
  until('the program to be ready', async () => {
    const answer = await ask(url, '/health/ready');
    return answer.status === 200 ? answer : undefined;
  });

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
      const ready = { ok: true, database: 'up', queue: 'up', storage: 'up' };
      expect(await readiness(url)).toEqual({ status: 200, body: ready });
      expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
    }
  });
});

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing redis-server is a failure.
const withRedis = redisIsInstalled() ? it : it.skip;

describe('a worker', () => {
  withRedis(
    'is not ready while the queue is away, but alive, since a restart would not bring it back',
    async () => {
      const redis = await startRedis();
      const service = await startService({ admin: true, env: { REDIS_URL: redis.url } });
      try {
        await service.worker.start();
        const { worker } = service.admin;
        expect((await readiness(worker)).status).toBe(200);

        await redis.stop();
        const down = await until('the outage to show', async () => {
          const answer = await ask(worker, '/health/ready');
          return answer.status === 503 ? answer : undefined;
        });
        expect(down.body).toMatchObject({
          ok: false,
          database: 'up',
          queue: expect.stringMatching(/^down: /),
        });
        expect((await ask(worker, '/health/live')).status).toBe(200);

        await redis.start();
        await until('it to be ready again', async () => (await ask(worker, '/health/ready')).status === 200);
      } finally {
        await service.stop();
        await redis.stop();
      }
    },
  );

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
