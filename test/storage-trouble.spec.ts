import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskRow } from '#database';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startS3Store } from '#test/s3-store';
import { startService, type Service } from '#test/service';
import { canMountDisks, mountSmallDisk } from '#test/small-disk';
import { until } from '#test/until';

const LIMIT_MS = 60_000;
const TASKS = 12;
const base64 = (await toPng(disc(90, 60))).toString('base64');
const later = { deliveryMethod: 'async' };

/** A storage that a test can take away and give back. */
type Trouble = {
  readonly env: Record<string, string>;
  readonly start: (service: Service) => Promise<void>;
  readonly end: (service: Service) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const fullDisk = async (): Promise<Trouble> => {
  const { folder, fill, free, stop } = await mountSmallDisk();
  return { env: { DATA_DIR: folder }, start: fill, end: free, stop };
};

const readOnlyDisk = async (): Promise<Trouble> => {
  const { folder, setReadOnly, setWritable, stop } = await mountSmallDisk();
  return { env: { DATA_DIR: folder }, start: setReadOnly, end: setWritable, stop };
};

/** Replaces the folder by an empty one, as when a disk is not mounted. */
const unmountedDisk = async (): Promise<Trouble> => {
  const folder = ({ config }: Service) => join(config.DATA_DIR, 'images');
  return {
    env: {},
    start: async (service) => {
      await rename(folder(service), `${folder(service)}-away`);
      await mkdir(folder(service));
    },
    end: async (service) => {
      await rm(folder(service), { recursive: true });
      await rename(`${folder(service)}-away`, folder(service));
    },
    stop: async () => undefined,
  };
};

const silentS3 = async (): Promise<Trouble> => {
  const store = await startS3Store();
  const { env } = store;
  return { env, start: store.pause, end: store.resume, stop: store.stop };
};

const ask = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
};

const kinds = [
  ...(canMountDisks
    ? ([
        ['a disk that is full', fullDisk, 'full', true],
        ['a disk that is read-only', readOnlyDisk, 'read-only', true],
      ] as const)
    : []),
  ['a disk that is not mounted', unmountedDisk, 'has lost its file', false],
  ['an S3 store that is away', silentS3, 'S3 store failed', false],
] as const;

describe.each(kinds)('a service whose images are on %s', (_, open, reason, canRead) => {
  let trouble: Trouble;
  let redis: TestRedis | undefined;
  let service: Service;
  let image: string;
  const before = removal(base64, { outputType: 'base64Data' });
  const tasks = Array.from({ length: TASKS }, () => removal('', later));
  const rows = (): Promise<TaskRow[]> =>
    service.database.task.findMany({ where: { taskUuid: { in: tasks.map(({ taskUUID }) => taskUUID) } } });

  beforeAll(async () => {
    // One kind uses the queue on Redis, which covers all that differs by the queue.
    redis = open === unmountedDisk && redisIsInstalled() ? await startRedis() : undefined;
    trouble = await open();
    service = await startService({
      admin: true,
      env: { ...trouble.env, ...(redis && { REDIS_URL: redis.url }) },
      workerOptions: { longestPauseMs: 200 },
    });
    await service.worker.start();
    await service.dispatcher.start();
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: base64 };
    image = String((await service.post([upload])).data[0]?.['imageUUID']);
    expect((await service.post([before])).data[0]).toMatchObject({ status: 'success' });
    await trouble.start(service);
  }, LIMIT_MS);
  afterAll(async () => {
    await service.stop();
    await trouble.stop();
    await redis?.stop();
  });

  it(
    'fails no task, counts no try, and reports the task as processing',
    async () => {
      const { status, data } = await service.post(tasks.map((task) => ({ ...task, inputImage: image })));
      expect([status, data.length]).toEqual([200, TASKS]);
      // More starts than a job has tries. The oldest are started first, also after a pause.
      const waiting = await until(
        'tasks to be started often',
        async () => {
          const found = await rows();
          return found.filter(({ attempt }) => attempt >= 6).length >= 3 ? found : undefined;
        },
        LIMIT_MS,
      );
      for (const { state, stalls } of waiting) {
        expect(['queued', 'running']).toContain(state);
        expect(stalls).toBe(0);
      }
      const polls = tasks.map(({ taskUUID }) => ({ taskType: 'getResponse', taskUUID }));
      const answer = await service.post(polls);
      expect(answer.errors).toEqual([]);
      expect(answer.data.map(({ status: stands }) => stands)).toEqual(tasks.map(() => 'processing'));
    },
    LIMIT_MS,
  );

  it('answers an upload with a retryable error of ours, and stores no part of it', async () => {
    const images = await service.database.image.count();
    const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: base64 };
    const inline = removal(base64, later);
    for (const task of [upload, inline]) {
      const { status, errors } = await service.post([task]);
      const message = expect.stringContaining('storage for images');
      const error = { code: 'serviceUnavailable', message, retryAfter: 2 };
      expect([status, errors]).toMatchObject([503, [error]]);
      expect(await service.database.task.count({ where: { taskUuid: task.taskUUID } })).toBe(0);
    }
    expect(await service.database.image.count()).toBe(images);
  });

  it('does not report an image as missing when it cannot read it', async () => {
    const poll = await service.post([{ taskType: 'getResponse', taskUUID: before.taskUUID }]);
    if (canRead) expect(poll.data[0]).toMatchObject({ status: 'success' });
    else expect([poll.status, poll.errors[0]]).toMatchObject([503, { code: 'serviceUnavailable' }]);

    if (open === silentS3) return;
    const { status } = await fetch(`${service.url}/images/${image}.png`);
    expect(status).toBe(canRead ? 200 : 503);
  });

  it(
    'names the storage as a dependency that is down, says why, and only the worker is unready',
    async () => {
      for (const url of [service.admin.gateway, service.admin.worker]) {
        const down = { ok: false, database: 'up', storage: expect.stringMatching(`^down: .*${reason}`) };
        await until(
          'the trouble to show',
          async () => {
            const { status, body } = await ask(`${url}/health/dependencies`);
            return status === 503 && expect.objectContaining(down).asymmetricMatch(body);
          },
          LIMIT_MS,
        );
      }
      expect((await ask(`${service.admin.gateway}/health/ready`)).status).toBe(200);
      await until(
        'the worker to say that its tasks fail one after the other',
        async () => {
          const { status, body } = await ask(`${service.admin.worker}/health/ready`);
          return status === 503 && JSON.stringify(body).includes('"lastFault":"the storage for images ');
        },
        LIMIT_MS,
      );
      const { status, body } = await ask(`${service.url}/health/ready`);
      expect([status, body]).toMatchObject([503, { status: 'waiting', database: 'up', storage: 'down' }]);
    },
    LIMIT_MS,
  );

  it(
    'runs every task once after the outage, although the worker was restarted',
    async () => {
      if (canRead) {
        await service.worker.stop();
        await service.worker.start();
      }
      await trouble.end(service);
      const ended = await until(
        'the end of every task',
        async () => {
          const found = await rows();
          return found.every(({ finishedAt }) => finishedAt) ? found : undefined;
        },
        LIMIT_MS,
      );
      expect(ended.map(({ state }) => state)).toEqual(tasks.map(() => 'succeeded'));
      expect(ended.map(({ cost, stalls }) => [Number(cost) > 0, stalls])).toEqual(tasks.map(() => [true, 0]));
      const ids = ended.map(({ outputImageId }) => outputImageId);
      expect(await service.database.image.count({ where: { id: { in: ids } } })).toBe(TASKS);
      for (const url of [service.admin.gateway, service.admin.worker]) {
        await until('the storage', async () => (await ask(`${url}/health/dependencies`)).status === 200);
        await until('readiness', async () => (await ask(`${url}/health/ready`)).status === 200);
      }
    },
    LIMIT_MS,
  );
});

describe('a task whose deadline passes while the storage is away', () => {
  it(
    'fails with the true reason and costs nothing',
    async () => {
      const trouble = await unmountedDisk();
      const service = await startService({
        env: { TASK_DEADLINE_S: '3' },
        workerOptions: { longestPauseMs: 200 },
      });
      try {
        await service.worker.start();
        // A job that ends only after its task was fed again is lost, and the sweep adds it once more.
        await service.dispatcher.start();
        const upload = { taskType: 'imageUpload', taskUUID: randomUUID(), image: base64 };
        const image = String((await service.post([upload])).data[0]?.['imageUUID']);
        await trouble.start(service);
        const { taskUUID, ...task } = removal(image, later);
        await service.post([{ taskUUID, ...task }]);
        const poll = { taskType: 'getResponse', taskUUID };
        const [error] = await until(
          'the end',
          async () => {
            const { errors } = await service.post([poll]);
            return errors.length > 0 ? errors : undefined;
          },
          LIMIT_MS,
        );
        expect(error).toMatchObject({
          code: 'serviceUnavailable',
          message: 'The task was given up after 3 s: the storage for images cannot be used.',
          status: 'error',
        });
        const [row] = await service.database.task.findMany({ where: { taskUuid: taskUUID } });
        expect(row).toMatchObject({ state: 'failed', cost: null });
      } finally {
        await service.stop();
        await trouble.stop();
      }
    },
    LIMIT_MS,
  );
});
