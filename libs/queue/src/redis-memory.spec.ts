import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { redisIsInstalled, startRedis } from '#test/redis';
import { startCluster, startSentinel } from '#test/redis-fleet';
import { until } from '#test/until';
import { Redis } from 'ioredis';
import { watchRedisMemory, type RedisMemoryWatch } from './index.js';

jest.setTimeout(180_000);

const setLimit = async (url: string, bytes: number) => {
  const redis = new Redis(url);
  try {
    await redis.config('SET', 'maxmemory', bytes);
  } finally {
    redis.disconnect();
  }
};

type Server = { readonly url: string; readonly stop: () => Promise<void> };
const starts: Record<string, () => Promise<Server>> = {
  server: () => startRedis('hush'),
  'master behind sentinels': () => startSentinel({ redis: 'of-redis', sentinel: 'of-the-sentinel' }),
  cluster: () => startCluster('of-the-cluster'),
};

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing one is a failure.
const describeRedis = redisIsInstalled() ? describe : describe.skip;

describeRedis.each(Object.entries(starts))('the memory of a Redis %s', (_, start) => {
  let server: Server;
  let watch: RedisMemoryWatch;
  beforeAll(async () => {
    server = await start();
    watch = watchRedisMemory(server.url, () => undefined);
  });
  afterAll(async () => {
    watch.close();
    await server.stop();
  });

  it('is told, with that of the machine as its limit', async () => {
    await until('an answer', async () => (await watch.read().catch(() => undefined)) !== undefined);
    const { usedBytes, limitBytes } = await watch.read();
    expect(usedBytes).toBeGreaterThan(100_000);
    expect(limitBytes).toBeGreaterThan(100e6);
  });
});

describeRedis('the memory of a Redis with maxmemory', () => {
  it('has that as its limit, and rejects while the server is away', async () => {
    const server = await startRedis();
    const watch = watchRedisMemory(server.url, () => undefined);
    try {
      await setLimit(server.url, 64_000_000);
      expect((await watch.read()).limitBytes).toBe(64_000_000);
      await server.stop();
      await expect(watch.read()).rejects.toThrow();
      await server.start();
      await until('the server again', async () => (await watch.read().catch(() => undefined)) !== undefined);
    } finally {
      watch.close();
      await server.stop();
    }
  });
});
