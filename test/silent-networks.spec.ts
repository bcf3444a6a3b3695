import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, removal, type Client } from '#test/client';
import { freshDatabase } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startTcpProxy, type TcpProxy } from '#test/tcp-proxy';
import { until } from '#test/until';

/** The same address, through a network. */
const throughNetwork = async (address: string) => {
  const url = new URL(address);
  const network = await startTcpProxy(Number(url.port));
  url.port = `${network.port}`;
  return { network, url: url.href };
};

// What is missing is reported by the function. In CI it is a failure.
(redisIsInstalled() ? describe : describe.skip)('a server that vanishes and tells nobody', () => {
  let redis: TestRedis;
  let networks: Readonly<Record<'Postgres' | 'Redis', TcpProxy>>;
  let fleet: Fleet;
  let programs: readonly FleetProgram[];
  let client: Client;
  let photo: string;

  beforeAll(async () => {
    const databaseUrl = await freshDatabase();
    redis = await startRedis();
    const [toPostgres, toRedis] = [await throughNetwork(databaseUrl), await throughNetwork(redis.url)];
    networks = { Postgres: toPostgres.network, Redis: toRedis.network };
    const env = {
      DATABASE_URL: toPostgres.url,
      REDIS_URL: toRedis.url,
      // Connections are given up 5 s later.
      STATEMENT_TIMEOUT_S: '5',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    };
    fleet = await startFleet(env, databaseUrl);
    programs = [await fleet.start('gateway'), await fleet.start('worker'), await fleet.start('dispatcher')];
    client = createClient(programs[0]?.url ?? '', fleet.key);
    photo = (await toPng(disc(60, 40))).toString('base64');
  });
  afterAll(async () => {
    await fleet.stop();
    await Promise.all([redis.stop(), networks.Postgres.stop(), networks.Redis.stop()]);
  });

  const isDone = async (): Promise<boolean> => (await client.post([removal(photo)])).data.length === 1;

  it.each(['Postgres', 'Redis'] as const)('is found behind another connection: %s', async (name) => {
    await until('a task to be done', isDone);
    networks[name].freeze();
    await until('a task to be done again', isDone);
  });

  it('does not keep programs from ending', async () => {
    networks.Postgres.freeze();
    networks.Redis.freeze();
    expect(await Promise.all(programs.map((program) => program.stop()))).toEqual([0, 0, 0]);
  });
});
