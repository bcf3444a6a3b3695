import { connect } from 'node:net';
import { reasonOf } from '#errors';
import { parseRedisUrl, type RedisAddress } from '#redis-address';
import { StartError } from './start-error.js';

const PATIENCE_MS = 5_000;

const knock = (address: RedisAddress['hosts'][number]): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: PATIENCE_MS }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
  });

const names = { server: 'Redis', sentinel: 'sentinel of Redis', cluster: 'node of Redis' } as const;

/**
 * Fails early, since the programs would wait for Redis in silence. One reachable sentinel or node is enough.
 * @throws StartError when nothing listens there
 */
export const checkRedis = async (redisUrl: string): Promise<void> => {
  const { kind, hosts } = parseRedisUrl(redisUrl);
  const knocks = await Promise.allSettled(hosts.map(knock));
  const [first] = knocks;
  if (first?.status !== 'rejected' || knocks.some(({ status }) => status === 'fulfilled')) return;
  const [{ host, port } = { host: '', port: 0 }] = hosts;
  const message = `The ${names[kind]} at ${host} port ${port} cannot be reached: ${reasonOf(first.reason)}.`;
  throw new StartError(message, { cause: first.reason });
};
