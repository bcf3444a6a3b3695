import { parseRedisUrl, type RedisAddress } from '#redis-address';
import { createIORedisClient, RedisConnection } from 'bullmq';
import { Cluster, Redis } from 'ioredis';

/** The longest wait between two tries to connect. BullMQ's own are 15 and 20 s, which tasks would wait after an outage. */
export const LONGEST_RETRY_MS = 1_000;

/**
 * Without an answer by then, a connection is given up: a server that vanished tells nobody, and TCP gives up after a
 * quarter of an hour. BullMQ waits for a job up to 10 s.
 */
const SILENCE_MS = 20_000;

const retryStrategy = (tries: number): number => Math.min(100 * tries, LONGEST_RETRY_MS);

/** A master that was made a replica keeps its connections. Only another connection finds the new one. */
const reconnectOnError = (error: Error): boolean => error.message.includes('READONLY');

type Limits = { readonly enableOfflineQueue?: boolean; readonly maxRetriesPerRequest: number | null };

const credentialsOf = ({ username, password, isTls }: RedisAddress) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(isTls && { tls: {} }),
});

const sentinelsOf = (address: RedisAddress) => ({
  sentinels: address.hosts.map(({ host, port }) => ({ host, port })),
  name: address.master ?? '',
  db: address.db,
  sentinelRetryStrategy: retryStrategy,
  ...(address.sentinelUsername !== undefined && { sentinelUsername: address.sentinelUsername }),
  ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
  ...(address.isTls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
});

/** BullMQ hands it to the factory of clients as it is. */
type ClusterConnection = Limits & {
  readonly nodes: RedisAddress['hosts'];
  readonly credentials: ReturnType<typeof credentialsOf>;
};

const isOfCluster = (connection: object): connection is ClusterConnection => 'nodes' in connection;

/** What BullMQ needs to connect to the Redis of the URL. */
export const redisConnection = (url: string, limits: Limits) => {
  const address = parseRedisUrl(url);
  const credentials = credentialsOf(address);
  const common = { ...limits, socketTimeout: SILENCE_MS, retryStrategy, reconnectOnError };
  if (address.kind === 'server') return { ...common, url };
  if (address.kind === 'sentinel') return { ...common, ...credentials, ...sentinelsOf(address) };
  return { ...common, credentials, nodes: address.hosts };
};

/** All keys that a script of BullMQ touches must be in one slot of a cluster. What is in braces decides the slot. */
export const prefixOf = (url: string, prefix: string | undefined): { readonly prefix?: string } => {
  const isCluster = parseRedisUrl(url).kind === 'cluster';
  if (isCluster && !/\{.+\}/.test(prefix ?? '')) return { prefix: `{${prefix ?? 'bull'}}` };
  return prefix === undefined ? {} : { prefix };
};

const openCluster = ({ nodes, credentials, ...limits }: ClusterConnection): Cluster =>
  new Cluster([...nodes], {
    redisOptions: {
      ...credentials,
      maxRetriesPerRequest: limits.maxRetriesPerRequest,
      socketTimeout: SILENCE_MS,
    },
    enableOfflineQueue: limits.enableOfflineQueue ?? true,
    clusterRetryStrategy: retryStrategy,
    // Certificates name hosts, so those are not resolved here.
    dnsLookup: (address, done) => done(null, address),
  });

/** A client for the Redis of the URL, which is not BullMQ's. */
export const openRedis = (url: string): Redis | Cluster => {
  const limits = { maxRetriesPerRequest: 1 };
  const connection = redisConnection(url, limits);
  if (isOfCluster(connection)) return openCluster(connection);
  return 'url' in connection ? new Redis(connection.url, connection) : new Redis(connection);
};

/** Lets BullMQ connect to a cluster, too. By itself it takes only one that others open and close. */
export const openClusters = (): void => {
  RedisConnection.clientFactory = (connection) => {
    if (isOfCluster(connection)) return createIORedisClient(openCluster(connection));
    const { url, replyMapping: _, ...options } = connection;
    return createIORedisClient(url ? new Redis(url, options) : new Redis(options));
  };
};
