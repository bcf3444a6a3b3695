import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, removal } from '#test/client';
import { freshDatabase } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { freePort, redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startTcpProxy, type TcpProxy } from '#test/tcp-proxy';
import { until } from '#test/until';

/** The ways in which Postgres can be away, as its clients see them. */
const outages = [
  {
    name: 'refuses connections',
    begin: async (network: TcpProxy) => {
      network.leadTo(await freePort());
      network.cut();
    },
  },
  { name: 'does not answer', begin: async (network: TcpProxy) => network.stall() },
];

// The jobs are in Redis, so that only Postgres is away.
(redisIsInstalled() ? describe : describe.skip)('a worker that is stopped with a task in hand', () => {
  let redis: TestRedis;
  let network: TcpProxy;
  let postgresPort: number;
  let pictures: PictureServer;
  let fleet: Fleet;
  let worker: FleetProgram;
  let adminPort: number;

  beforeEach(async () => {
    redis = await startRedis();
    pictures = await startPictureServer(await toPng(disc(40, 30)));
    const own = await freshDatabase();
    postgresPort = Number(new URL(own).port);
    network = await startTcpProxy(postgresPort);
    const byNetwork = Object.assign(new URL(own), { port: `${network.port}` }).href;
    const env = { REDIS_URL: redis.url, OUTBOUND_ALLOW: '127.0.0.1', SHUTDOWN_GRACE_S: '30' };
    fleet = await startFleet(env, own);
    adminPort = await freePort();
    worker = await fleet.start('worker', { DATABASE_URL: byNetwork, ADMIN_PORT: `${adminPort}` });
  });
  afterEach(async () => {
    pictures.release();
    network.leadTo(postgresPort);
    network.resume();
    await fleet.stop();
    await network.stop();
    await pictures.stop();
    await redis.stop();
  });

  /** @returns its id, once the worker fetches its image */
  const takeTask = async (): Promise<string> => {
    const gateway = await fleet.start('gateway');
    await fleet.start('dispatcher');
    pictures.hold();
    const task = removal(pictures.url, { deliveryMethod: 'async' });
    expect((await createClient(gateway.url, fleet.key).post([task])).errors).toEqual([]);
    await until('the worker to fetch', () => pictures.asked() > 0);
    return task.taskUUID;
  };
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/health/ready`);
    return { status: response.status, body: (await response.json()) as { readonly phase?: string } };
  };
  const rowOf = (taskUuid: string) => fleet.database.task.findFirstOrThrow({ where: { taskUuid } });

  it.each(outages)(
    'ends the task although Postgres $name at the signal, and exits with 0',
    async ({ begin }) => {
      const taskUUID = await takeTask();
      await begin(network);
      const exited = worker.stop();
      await until('it to stop', async () => (await ready()).body.phase === 'stopping');
      for (let i = 0; i < 20; i++) expect((await ready()).status).toBe(503);
      network.leadTo(postgresPort);
      network.resume();
      pictures.release();

      expect(await exited).toBe(0);
      expect(await rowOf(taskUUID)).toMatchObject({ stage: 'device', stalls: 0 });
      await fleet.start('worker');
      await until('the result', async () => (await rowOf(taskUUID)).state === 'succeeded');
      expect(pictures.asked()).toBe(1);
    },
  );

  it.each(outages)(
    'exits with 0 although Postgres $name to the end, and loses no task',
    async ({ begin }) => {
      const taskUUID = await takeTask();
      await begin(network);
      const exited = worker.stop();
      pictures.release();
      expect(await exited).toBe(0);

      await fleet.start('worker');
      await until('the result', async () => (await rowOf(taskUUID)).state === 'succeeded');
    },
  );
});
