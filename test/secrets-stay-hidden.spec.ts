import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { putKey } from '#database';
import { clearcut } from '#test/cli';
import { createClient, removal } from '#test/client';
import { freshDatabase, superuserSql } from '#test/databases';
import { startFleet, type Fleet, type FleetProgram, type ProgramName } from '#test/fleet';
import { createLogin, createSearch, hidden } from '#test/hidden';
import { startOtlpReceiver, type OtlpReceiver } from '#test/otlp-receiver';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { freePort, redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { startS3Store, type S3Store } from '#test/s3-store';
import { connect } from '#test/socket-client';
import { until } from '#test/until';

jest.setTimeout(900_000);

const abortFile = join(tmpdir(), `clearcut-abort-${randomUUID()}`);
const abortHook = `--import=${pathToFileURL(resolve('test', 'support', 'abort-on-file.mjs')).href}`;
const names = ['gateway', 'worker', 'dispatcher'] as const satisfies ProgramName[];

/** The ways in which a key can come with a request. */
const formsOf = (key: string): readonly [path: string, headers: Record<string, string>][] => [
  ['/v1', { authorization: `Bearer ${key}` }],
  ['/v1', { authorization: key }],
  ['/v1', { 'x-api-key': key }],
  ['/v1', { authorization: `Basic ${Buffer.from(`caller:${key}`).toString('base64')}` }],
  [`/v1?apiKey=${key}`, {}],
  [`/${key}`, {}],
  ['/v1.0/removebg', { 'x-api-key': key }],
  [`/v1.0/removebg?api_key=${key}`, {}],
  ['/v1/predictions', { authorization: `Token ${key}` }],
  ['/fal-ai/birefnet', { authorization: `Key ${key}` }],
  [`/fal-ai/birefnet?fal_key=${key}`, {}],
  [`/api/remove?key=${key}`, { authorization: `Bearer ${key}` }],
  [`/mcp?token=${key}`, { authorization: `Bearer ${key}` }],
];

// Skipped without redis-server, which redisIsInstalled reports. In CI a missing one is a failure.
(redisIsInstalled() ? describe : describe.skip)('what the programs write and show', () => {
  const search = createSearch();
  let output = '';
  let shown = '';
  let fleet: Fleet;
  let redis: TestRedis;
  let store: S3Store;
  let receiver: Receiver;
  let pictures: PictureServer;
  let collector: OtlpReceiver;
  let login: string;
  let photo: string;
  let gateway: FleetProgram;
  let worker: FleetProgram;
  let client: ReturnType<typeof createClient>;
  const adminUrls: string[] = [];

  const start = async (name: ProgramName, env: Record<string, string> = {}) => {
    const port = await freePort();
    adminUrls.push(`http://127.0.0.1:${port}`);
    return fleet.start(name, { ADMIN_PORT: `${port}`, ...env });
  };

  /** A program that cannot start tells why to the process that started it. */
  const tryToStart = async (name: ProgramName, env: Record<string, string>) => {
    await start(name, env).catch((error: unknown) => (output += `${String(error)}\n`));
  };

  beforeAll(async () => {
    const png = await toPng(disc(40, 30));
    photo = png.toString('base64');
    const databaseUrl = await freshDatabase();
    login = await createLogin(databaseUrl, hidden.databasePassword);
    redis = await startRedis(hidden.redisPassword);
    store = await startS3Store();
    receiver = await startReceiver();
    pictures = await startPictureServer(png);
    collector = await startOtlpReceiver();
    const env = {
      ...store.env,
      DATABASE_URL: login,
      REDIS_URL: redis.url,
      S3_SECRET_ACCESS_KEY: hidden.s3Secret,
      SECRETS_KEY: hidden.secretsKey,
      ADMIN_TOKEN: hidden.adminToken,
      METRICS_TOKEN: hidden.metricsToken,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${hidden.otlpHeader}`,
      OUTBOUND_ALLOW: '127.0.0.1',
      IMAGE_URL_TTL_S: '3600',
      DOORS: 'rembg,removebg,replicate,fal,mcp',
      LOG_LEVEL: 'trace',
    };
    fleet = await startFleet(env, databaseUrl, (text) => (output += text));
    await putKey(fleet.database, 'hidden', hidden.key);
    gateway = await start('gateway');
    worker = await start('worker', { NODE_OPTIONS: abortHook, TEST_ABORT_FILE: abortFile });
    await start('dispatcher');
    client = createClient(gateway.url, hidden.key);
  });
  afterAll(async () => {
    await fleet.stop();
    await Promise.all([redis, store, receiver, pictures, collector].map((each) => each.stop()));
  });

  const withSecrets = (hook: string) => {
    const picture = new URL(`${pictures.url}?signature=${hidden.imageQuery}`);
    Object.assign(picture, { username: 'caller', password: hidden.imagePassword });
    return removal(picture.href, {
      deliveryMethod: 'async',
      uploadEndpoint: `${receiver.url}/put?signature=${hidden.uploadQuery}`,
      webhookURL: `${receiver.url}/${hook}/${hidden.hookPath}?token=${hidden.hookQuery}`,
    });
  };
  const untilEnded = (taskUuid: string) =>
    until('the end of the task', () =>
      fleet.database.task.findFirst({ where: { taskUuid, state: { in: ['succeeded', 'failed'] } } }),
    );
  const send = async (path: string, headers: Record<string, string>, body: unknown) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const answer = await fetch(`${gateway.url}${path}`, { ...init, body: JSON.stringify(body) });
    await answer.arrayBuffer();
  };

  it('take keys in each form, right and wrong', async () => {
    for (const key of [hidden.key, hidden.wrongKey]) {
      for (const [path, headers] of formsOf(key)) await send(path, headers, [removal('not an image')]);
      const login = { taskType: 'authentication', apiKey: key };
      await createClient(gateway.url, '').post([login, removal('not an image')], {});
      await createClient(gateway.url, '').postRaw(`[${JSON.stringify(login)}, {"apiKey": "${key}" oops`, {});
      const socket = await connect(gateway.url, { path: `/v1?apiKey=${key}` });
      socket.send([login]);
      await socket.nextFrame();
      socket.socket.send(`[{"apiKey": "${key}" oops`);
      await socket.nextFrame(1).catch(() => undefined);
      socket.socket.close();
    }
  });

  it('do tasks whose addresses hold secrets, with webhooks that succeed and that fail', async () => {
    receiver.answer(`/broken/${hidden.hookPath}`, 500);
    receiver.answer(`/gone/${hidden.hookPath}`, 410);
    receiver.answer('/put', 200, 403);
    const tasks = ['good', 'broken', 'gone'].map(withSecrets);
    const faulty = [
      removal(`http://caller:${hidden.imagePassword}@127.0.0.1:1/?signature=${hidden.imageQuery}`),
      removal(`ftp://caller:${hidden.imagePassword}@127.0.0.1/?signature=${hidden.imageQuery}`),
      { ...removal(photo), webhookURL: `gopher://${hidden.hookPath}/${hidden.hookQuery}` },
      { ...removal(photo), apiKey: hidden.key, [hidden.wrongKey]: hidden.key },
    ];
    await client.post([...tasks]);
    for (const task of faulty) await client.post([task]);
    for (const { taskUUID } of tasks) await untilEnded(taskUUID);
    await until(
      'three attempts at webhooks',
      async () => (await fleet.database.deliveryAttempt.count()) >= 3,
    );
    const { out } = await clearcut(['webhooks', 'secret', 'hidden'], {
      DATABASE_URL: fleet.databaseUrl,
      SECRETS_KEY: hidden.secretsKey,
    });
    search.add(/whsec_\S+/.exec(out)?.[0] ?? 'no secret of a webhook was printed');
  });

  it('serve images by signed addresses, and refuse wrong ones', async () => {
    const { data } = await client.post([removal(photo)]);
    const url = new URL(data[0]?.imageURL ?? '');
    const signature = url.searchParams.get('signature') ?? '';
    search.add(signature);
    const answer = await fetch(url, { redirect: 'manual' });
    search.add(new URL(answer.headers.get('location') ?? '').searchParams.get('X-Amz-Signature') ?? '');
    url.searchParams.set('expires', '1');
    expect([signature.length > 20, answer.status, (await fetch(url)).status]).toEqual([true, 302, 403]);
  });

  it('wait while the storage, the queue and the database are away', async () => {
    const away = async (stop: () => Promise<unknown>, back: () => Promise<unknown>) => {
      await stop();
      await client.post([removal(photo, { deliveryMethod: 'async' }), withSecrets('good')]);
      await Promise.all(adminUrls.map((url) => fetch(`${url}/health/dependencies`)));
      await back();
    };
    await away(store.pause, store.resume);
    await away(redis.stop, redis.start);

    const { username, pathname } = new URL(login);
    const name = decodeURIComponent(username);
    await away(
      async () => {
        await superuserSql(`ALTER ROLE ${name} PASSWORD '${hidden.wrongDatabasePassword}'`);
        await superuserSql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${pathname.slice(1)}'`,
        );
      },
      () => superuserSql(`ALTER ROLE ${name} PASSWORD '${hidden.databasePassword}'`),
    );
    await collector.stop();
    const { taskUUID } = removal(photo);
    await until('a task to be accepted again', async () => {
      const { errors } = await client.post([{ ...removal(photo, { deliveryMethod: 'async' }), taskUUID }]);
      return errors.length === 0;
    });
    await untilEnded(taskUUID);
    await until('the loss of spans', () => output.includes('spans lost'));
  });

  it('are started with wrong passwords', async () => {
    const wrongDatabase = new URL(login);
    wrongDatabase.password = hidden.wrongDatabasePassword;
    const wrongRedis = new URL(redis.url);
    wrongRedis.password = hidden.wrongRedisPassword;
    for (const name of names) {
      await tryToStart(name, { DATABASE_URL: wrongDatabase.href });
      await tryToStart(name, { S3_BUCKET: 'none' });
      await tryToStart(name, { REDIS_URL: wrongRedis.href });
    }
    await until('the refusal of Redis', () => output.includes('WRONGPASS'));
  });

  it('lose a worker amid a task', async () => {
    const asked = pictures.asked();
    pictures.hold();
    await client.post([withSecrets('good')]);
    await until('the task to be in hand', () => pictures.asked() > asked);
    writeFileSync(abortFile, '');
    expect(await worker.ended).toBeNull();
    pictures.release();
  });

  it('contain none of the secrets', async () => {
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    for (const url of adminUrls) {
      const metrics = await fetch(`${url}/metrics`, bearer(hidden.metricsToken)).catch(() => undefined);
      if (metrics?.ok) shown += await metrics.text();
      for (const path of ['/', '/plain', '/api/overview', '/api/keys', '/queues/', '/queues/api/queues']) {
        const page = await fetch(`${url}${path}`, bearer(hidden.adminToken)).catch(() => undefined);
        if (page?.ok) shown += await page.text();
      }
    }
    const rows = await fleet.database.$queryRaw<{ text: string }[]>`
      SELECT coalesce(problem::text, '') AS text FROM tasks
      UNION ALL SELECT coalesce(error, '') FROM delivery_attempts`;
    const errors = rows.map(({ text }) => text).join('\n');

    // What was meant to happen did, or this would find nothing for want of anything.
    for (const sign of ['task finished', 'webhook sent', 'queue fault', 'password authentication failed'])
      expect(output).toContain(sign);
    expect(shown).toContain('clearcut_tasks_finished_total');
    expect(shown).toContain('<html');
    expect(errors).toMatch(/refuses the connection/);
    expect(collector.spans.length).toBeGreaterThan(20);

    for (const text of [output, shown, errors, collector.text()]) expect(search.in(text)).toEqual([]);
  });
});
