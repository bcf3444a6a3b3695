import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until.js';

export type TestRedis = {
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
};

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

export const redisIsOnPath = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** Whether redis-server is on the PATH. CI requires it; elsewhere its absence prints a notice. */
export const redisIsInstalled = (): boolean => {
  if (redisIsOnPath()) return true;
  if (process.env['CI'])
    throw new Error('redis-server is not installed, and in CI the tests of the Redis backend must run');
  console.warn('\n*** redis-server is not on the PATH: NOTHING is tested on the Redis backend. ***\n');
  return false;
};

const answers = async (url: string) => {
  // The client waits this long for its end, also where nothing was connected.
  const disconnectTimeout = 100;
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, disconnectTimeout });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
};

/** Starts a Redis on a free loopback port, without persistence. It can be stopped and started again. */
export const startRedis = async (password = ''): Promise<TestRedis> => {
  const port = await freePort();
  const url = `redis://${password && `:${password}@`}127.0.0.1:${port}/0`;
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-redis-'));
  const options = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
    '--requirepass',
    password,
  ];
  let child: ReturnType<typeof spawn>;

  const start = async () => {
    await mkdir(folder, { recursive: true });
    child = spawn('redis-server', options, { stdio: 'ignore' });
    await until('Redis', () => answers(url));
  };
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    url,
    start,
    stop: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
