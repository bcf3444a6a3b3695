import { Cluster, type Redis } from 'ioredis';
import { openRedis } from './redis.js';

/** Bytes of a Redis server. Without `maxmemory` its limit is the memory of its machine. */
export type RedisMemory = { readonly usedBytes: number; readonly limitBytes: number };

export type RedisMemoryWatch = {
  /** Of the server that is fullest. A cluster has several. */
  readonly read: () => Promise<RedisMemory>;
  readonly close: () => void;
};

const readServer = async (server: Redis): Promise<RedisMemory> => {
  const report = await server.info('memory');
  const bytesOf = (name: string): number => {
    const bytes = Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(report)?.[1]);
    if (Number.isNaN(bytes)) throw new Error(`Redis does not tell its ${name}.`);
    return bytes;
  };
  return {
    usedBytes: bytesOf('used_memory'),
    limitBytes: bytesOf('maxmemory') || bytesOf('total_system_memory'),
  };
};

const fullness = ({ usedBytes, limitBytes }: RedisMemory): number => usedBytes / limitBytes;

/** @param onError receives connection errors; the reads that they affect reject as well */
export const watchRedisMemory = (url: string, onError: (error: Error) => void): RedisMemoryWatch => {
  const redis = openRedis(url);
  redis.on('error', onError);
  return {
    read: async () => {
      if (!(redis instanceof Cluster)) return readServer(redis);
      // A cluster finds its servers with the first command.
      await redis.ping();
      const servers = await Promise.all(redis.nodes('master').map(readServer));
      const fullest = servers.toSorted((a, b) => fullness(b) - fullness(a))[0];
      if (!fullest) throw new Error('The Redis cluster has no masters.');
      return fullest;
    },
    close: () => redis.disconnect(),
  };
};
