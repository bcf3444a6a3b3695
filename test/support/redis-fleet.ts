import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import type { Certificate } from './certificate.js';
import { freePort } from './redis.js';
import { until } from './until.js';

const execute = promisify(execFile);
const HOST = '127.0.0.1';

/** Several servers of Redis that belong together. */
export type RedisFleet = {
  readonly url: string;
  /** The port of the server that is the master now, by the sentinel. */
  readonly masterPort: () => Promise<number>;
  /** Ends the server at this port by SIGKILL. */
  readonly kill: (port: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Processes of redis-server in one folder. */
const createServers = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-redis-fleet-'));
  const children = new Map<number, ChildProcess>();
  const end = async (port: number) => {
    const child = children.get(port);
    if (!child) throw new Error(`There is no server at port ${port}.`);
    children.delete(port);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    folder,
    start: (port: number, args: readonly string[]) =>
      void children.set(port, spawn('redis-server', args, { stdio: 'ignore', cwd: folder })),
    end,
    stop: async () => {
      await Promise.all([...children.keys()].map(end));
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** How servers listen, in the form of redis.conf. With a certificate they speak TLS alone, also among themselves. */
const portLines = (port: number, certificate?: Certificate): string[] =>
  certificate
    ? [
        `tls-port ${port}`,
        'port 0',
        `tls-cert-file ${certificate.cert}`,
        `tls-key-file ${certificate.key}`,
        `tls-ca-cert-file ${certificate.cert}`,
        'tls-auth-clients no',
        'tls-replication yes',
        'tls-cluster yes',
      ]
    : [`port ${port}`];

type Access = { readonly password: string; readonly certificate?: Certificate | undefined };

const optionsOf = (port: number, { password, certificate }: Access): string[] => [
  ...portLines(port, certificate).flatMap((line) => `--${line}`.split(' ')),
  ...`--bind ${HOST} --appendonly no`.split(' '),
  ...`--requirepass ${password} --masterauth ${password} --save`.split(' '),
  '',
];

const asked = async <T>(
  port: number,
  { password, certificate }: Access,
  ask: (client: Redis) => Promise<T>,
): Promise<T> => {
  const tls = certificate && { tls: { ca: readFileSync(certificate.cert) } };
  const client = new Redis(port, HOST, { password, ...tls, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await ask(client);
  } finally {
    client.disconnect();
  }
};

const schemeOf = (certificate: Certificate | undefined) => (certificate ? 'rediss' : 'redis');

const untilAnswered = (
  what: string,
  port: number,
  access: Access,
  ask: (client: Redis) => Promise<boolean>,
) => until(what, () => asked(port, access, ask).catch(() => false));

/** A master, a replica and a sentinel, each with a password. */
export const startSentinel = async (
  passwords: { readonly redis: string; readonly sentinel: string },
  certificate?: Certificate,
): Promise<RedisFleet> => {
  const ofRedis = { password: passwords.redis, certificate };
  const ofSentinel = { password: passwords.sentinel, certificate };
  const servers = await createServers();
  const [master, replica, sentinel] = [await freePort(), await freePort(), await freePort()];
  servers.start(master, optionsOf(master, ofRedis));
  servers.start(replica, [...optionsOf(replica, ofRedis), '--replicaof', HOST, `${master}`]);
  const conf = join(servers.folder, 'sentinel.conf');
  const lines = [
    ...portLines(sentinel, certificate),
    `bind ${HOST}`,
    `requirepass ${passwords.sentinel}`,
    `sentinel monitor mymaster ${HOST} ${master} 1`,
    `sentinel auth-pass mymaster ${passwords.redis}`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 10000',
  ];
  await untilAnswered('the replica', replica, ofRedis, async (client) =>
    (await client.info('replication')).includes('master_link_status:up'),
  );
  await writeFile(conf, `${lines.join('\n')}\n`);
  servers.start(sentinel, [conf, '--sentinel']);
  await untilAnswered('the sentinel', sentinel, ofSentinel, async (client) => {
    const replicas = (await client.call('SENTINEL', 'replicas', 'mymaster')) as unknown[];
    return replicas.length === 1;
  });
  const masterPort = () =>
    asked(sentinel, ofSentinel, async (client) => {
      const [, port] = (await client.call('SENTINEL', 'get-master-addr-by-name', 'mymaster')) as string[];
      return Number(port);
    });
  return {
    // Nothing listens at the first address, as when one of several sentinels is down.
    url: `${schemeOf(certificate)}+sentinel://:${passwords.redis}@${HOST}:${await freePort()},${HOST}:${sentinel}/mymaster?db=0&sentinelPassword=${passwords.sentinel}`,
    masterPort,
    kill: servers.end,
    stop: servers.stop,
  };
};

/** Three masters without replicas. */
export const startCluster = async (
  password: string,
  certificate?: Certificate,
): Promise<Pick<RedisFleet, 'url' | 'stop'>> => {
  const access = { password, certificate };
  const servers = await createServers();
  const ports = [await freePort(), await freePort(), await freePort()];
  for (const port of ports) {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${port}.conf`];
    servers.start(port, [...optionsOf(port, access), ...cluster, '--cluster-port', `${await freePort()}`]);
  }
  for (const port of ports)
    await untilAnswered('a node', port, access, async (client) => (await client.ping()) === 'PONG');
  const nodes = ports.map((port) => `${HOST}:${port}`);
  const tls = certificate ? ['--tls', '--cacert', certificate.cert] : [];
  await execute('redis-cli', [...tls, '-a', password, '--cluster', 'create', ...nodes, '--cluster-yes']);
  for (const port of ports)
    await untilAnswered('the cluster', port, access, async (client) =>
      (await client.cluster('INFO')).includes('cluster_state:ok'),
    );
  return {
    url: `${schemeOf(certificate)}+cluster://:${password}@${nodes.slice(0, 2).join(',')}`,
    stop: servers.stop,
  };
};
