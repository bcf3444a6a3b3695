import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { makeCertificate, type Certificate } from '#test/certificate';
import { createClient, removal } from '#test/client';
import { startFleet, type Fleet } from '#test/fleet';
import { disc, toPng } from '#test/pictures';
import { freePort, redisIsInstalled } from '#test/redis';
import { startCluster, startSentinel } from '#test/redis-fleet';
import { until } from '#test/until';

const LONG_MS = 300_000;

/** All three programs start, and a task succeeds. */
const doTask = async (fleet: Fleet): Promise<void> => {
  const gateway = await fleet.start('gateway');
  await fleet.start('worker');
  await fleet.start('dispatcher');
  const photo = (await toPng(disc(40, 30))).toString('base64');
  const { data, errors } = await createClient(gateway.url, fleet.key).post([removal(photo)]);
  expect([errors, data.map(({ status }) => status)]).toEqual([[], ['success']]);
};

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing redis-server is a failure.
(redisIsInstalled() ? describe : describe.skip)('a fleet whose Redis speaks TLS alone', () => {
  const password = 'the-password-of-redis';
  let folder: string;
  let redis: ChildProcess;
  let fleet: Fleet;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-redis-tls-'));
    const { cert, key } = makeCertificate(folder);
    const port = await freePort();
    const url = `rediss://:${password}@127.0.0.1:${port}`;
    const tls = ['--tls-port', `${port}`, '--tls-cert-file', cert, '--tls-key-file', key];
    const rest = [
      '--tls-auth-clients',
      'no',
      '--port',
      '0',
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      folder,
    ];
    redis = spawn('redis-server', [...tls, ...rest, '--requirepass', password], { stdio: 'ignore' });
    const ca = await readFile(cert);
    await until('Redis', async () => {
      const client = new Redis(url, { tls: { ca }, lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => undefined);
      const answers = await client.connect().then(
        () => true,
        () => false,
      );
      client.disconnect();
      return answers;
    });
    fleet = await startFleet({ REDIS_URL: url, NODE_EXTRA_CA_CERTS: cert });
  });
  afterAll(async () => {
    await fleet.stop();
    const ended = once(redis, 'exit');
    redis.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  it('does tasks through rediss://', () => doTask(fleet));
});

const fleets = {
  'sentinels through rediss+sentinel://': (cert: Certificate) =>
    startSentinel({ redis: 'of-redis', sentinel: 'of-the-sentinel' }, cert),
  'a cluster through rediss+cluster://': (cert: Certificate) => startCluster('of-the-cluster', cert),
};

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing redis-server is a failure.
(redisIsInstalled() ? it : it.skip).each(Object.entries(fleets))(
  'a fleet does tasks with %s, which speak TLS alone',
  async (_, start) => {
    const folder = await mkdtemp(join(tmpdir(), 'clearcut-redis-tls-'));
    const certificate = makeCertificate(folder);
    const redis = await start(certificate);
    const fleet = await startFleet({ REDIS_URL: redis.url, NODE_EXTRA_CA_CERTS: certificate.cert });
    try {
      await doTask(fleet);
    } finally {
      await fleet.stop();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
  LONG_MS,
);
