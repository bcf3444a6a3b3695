import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findOwner, putKey } from '#database';
import { createClient, removal, type Client } from '#test/client';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
const png = await toPng(disc(40, 30));
const base64 = png.toString('base64');
const later = { deliveryMethod: 'async' };

type Caller = { readonly client: Client; readonly id: string };

describe.each(backends)('many callers, with the queue on %s', (backend) => {
  let redis: TestRedis | undefined;
  let service: Service;
  let pictures: PictureServer;
  let receiver: Receiver;
  let flooder: Caller;
  let other: Caller;

  const openCaller = async (name: string): Promise<Caller> => {
    const key = `cc_${name}`.padEnd(32, 'x');
    await putKey(service.database, name, key);
    return {
      client: createClient(service.url, key),
      id: (await findOwner(service.database, key))?.id ?? '',
    };
  };
  const unfinished = ({ id: ownerId }: Caller) =>
    service.database.task.count({ where: { ownerId, state: { in: ['queued', 'running'] } } });

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : undefined;
    pictures = await startPictureServer(png);
    receiver = await startReceiver();
    const env = { OUTBOUND_ALLOW: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) };
    service = await startService({ env });
    flooder = await openCaller('flooder');
    other = await openCaller('other');
  });
  afterEach(async () => {
    pictures.release();
    await service.worker.stop();
    await service.database.task.deleteMany();
  });
  afterAll(async () => {
    await service.stop();
    await pictures.stop();
    await receiver.stop();
    await redis?.stop();
  });

  /** Sends the flood while no worker runs, so that all of it waits. */
  const flood = async (image: string, count: number, more: object = {}): Promise<void> => {
    const { errors } = await flooder.client.post(
      Array.from({ length: count }, () => removal(image, { ...later, ...more })),
    );
    expect(errors).toEqual([]);
  };
  /** Awaits a sync task. @returns the tasks of the flood that were chosen after it had come, and ended before it */
  const overtakersOf = async ({ client }: Caller): Promise<number> => {
    const task = removal(base64);
    const { data, errors } = await client.post([task]);
    expect(errors).toEqual([]);
    expect(data).toMatchObject([{ status: 'success' }]);
    const { createdAt, finishedAt } = await service.database.task.findFirstOrThrow({
      where: { taskUuid: task.taskUUID },
    });
    return service.database.task.count({
      where: {
        ownerId: flooder.id,
        taskUuid: { not: task.taskUUID },
        fedAt: { gt: createdAt },
        finishedAt: { lt: finishedAt ?? createdAt },
      },
    });
  };

  it("answers another key's sync call among the next few tasks of a backlog", async () => {
    await flood(base64, 100);
    await flood(base64, 100);
    await service.worker.start();
    expect(await overtakersOf(other)).toBeLessThanOrEqual(3);
  });

  it("answers a key's own sync call ahead of its async tasks", async () => {
    await flood(base64, 100);
    await service.worker.start();
    expect(await overtakersOf(flooder)).toBeLessThanOrEqual(3);
  });

  it('does not wait for addresses that do not answer', async () => {
    pictures.hold();
    const asked = pictures.asked();
    await flood(pictures.url, 20);
    await service.worker.start();
    await until('the address to be asked', () => pictures.asked() - asked >= 6);
    expect(await overtakersOf(other)).toBe(0);
    expect(await unfinished(flooder)).toBe(20);

    pictures.release();
    await until('the flood to end', async () => (await unfinished(flooder)) === 0);
  });

  it('does not wait for uploads that are not taken', async () => {
    receiver.answer('/put', 'hold');
    await flood(base64, 20, { uploadEndpoint: `${receiver.url}/put` });
    await service.worker.start();
    await until('uploads to hang', () => receiver.received('/put').length >= 6);
    expect(await overtakersOf(other)).toBe(0);
    expect(await unfinished(flooder)).toBe(20);
  });
});
