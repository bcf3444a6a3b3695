import { cpus } from 'node:os';
import { Redis } from 'ioredis';
import { redisIsOnPath, startRedis } from '#test/redis';
import { startS3Store } from '#test/s3-store';
import type { Bench } from '../benchmark.js';
import { writeStandIn, type StandInEnv } from '../device/stand-in.js';
import { startService } from '../overhead/service.js';
import type { Subject } from './counters.js';
import type { Measured } from './measured.js';

export type Place = 'redis' | 'postgres';

/** Runs work whose openings are closed with it, and not at the benchmark's end. */
export const within = async <T>(bench: Bench, work: (bench: Bench) => Promise<T>): Promise<T> => {
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).toReversed()) await each();
  };
  bench.closers.push(close);
  try {
    return await work({ ...bench, closers });
  } finally {
    await close();
  }
};

const openRedis = async ({ closers }: Bench): Promise<Redis> => {
  const server = await startRedis();
  closers.push(server.stop);
  const redis = new Redis(server.url);
  closers.push(() => redis.disconnect());
  return redis;
};

/** As the fleet does it: images in an object store. The device takes next to no time. */
export const openSubject = async (
  bench: Bench,
  place: Place,
  { size, inHand }: { size: number; inHand: number },
): Promise<Subject> => {
  const redis = place === 'redis' ? await openRedis(bench) : undefined;
  const store = await startS3Store();
  bench.closers.push(store.stop);
  const folder = await writeStandIn(bench, { size, blurs: 0 });
  const standIn: StandInEnv = { MODELS_DIR: folder, BENCH_SIZE: `${size}`, BENCH_SLEEP_MS: '1' };
  const worker = new URL('../device/worker.js', import.meta.url);
  const settings = { WORKER_CONCURRENCY: `${inHand}`, DEVICE: 'cpu', OUTBOUND_ALLOW: '127.0.0.1' };
  const REDIS_URL = redis ? `redis://127.0.0.1:${redis.options.port}/0` : '';
  const service = await startService(bench, {
    worker,
    env: { ...standIn, ...settings, ...store.env, REDIS_URL },
  });
  return { service, redis };
};

const versionIn = (text: string) => /\d+(\.\d+)*/.exec(text)?.[0] ?? text;

/** What the figures were measured on. */
export const describeMachine = async ({ service, redis }: Subject): Promise<Measured['machine']> => {
  const [row] = await service.database.$queryRaw<{ server_version: string }[]>`SHOW server_version`;
  const info = await redis?.info('server');
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    node: versionIn(process.version),
    postgres: versionIn(row?.server_version ?? ''),
    ...(info && { redis: versionIn(/^redis_version:(.*)$/m.exec(info)?.[1] ?? '') }),
    date: new Date().toISOString().slice(0, 10),
  };
};

/** The places that can be measured here; one that cannot is missed loudly. */
export const placesHere = (print: Bench['print']): Place[] => {
  if (redisIsOnPath()) return ['redis', 'postgres'];
  print('*** redis-server is not on the PATH: NOTHING is measured with the queue in Redis. ***');
  return ['postgres'];
};
