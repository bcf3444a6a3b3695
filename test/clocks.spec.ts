import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createKey, measureClockOffset } from '#database';
import { clearcut } from '#test/cli';
import { createClient, removal, type Client } from '#test/client';
import { startFleet, type Fleet } from '#test/fleet';
import { scrape, valueOf } from '#test/metrics';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { freePort, redisIsInstalled, startRedis, type TestRedis } from '#test/redis';
import { HANG_MS, until } from '#test/until';

jest.setTimeout(300_000);

const MINUTES_MS = 300_000;
const hook = `--import=${pathToFileURL(resolve('test', 'support', 'shift-clock.mjs')).href}`;
const shifted = (ms: number) => ({ NODE_OPTIONS: hook, TEST_CLOCK_OFFSET_MS: `${ms}` });

const png = (await toPng(disc(40, 30))).toString('base64');
const backends = redisIsInstalled() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);

const mixes = backends.flatMap((backend) =>
  ([1, -1] as const).map((sign) => ({
    backend,
    gateway: sign * MINUTES_MS,
    worker: -sign * MINUTES_MS,
    dispatcher: sign * MINUTES_MS,
  })),
);

describe.each(mixes)('on $backend, with clocks $gateway, $worker and $dispatcher ms off', (mix) => {
  let redis: TestRedis | undefined;
  let fleet: Fleet;
  let receiver: Receiver;
  let url: string;
  let client: Client;
  let metricsOfWorker: string;

  beforeAll(async () => {
    redis = mix.backend === 'Redis' ? await startRedis() : undefined;
    receiver = await startReceiver();
    fleet = await startFleet({ OUTBOUND_ALLOW: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) });
    const port = `${await freePort()}`;
    const [gateway] = await Promise.all([
      fleet.start('gateway', shifted(mix.gateway)),
      fleet.start('worker', { ...shifted(mix.worker), ADMIN_PORT: port }),
      fleet.start('dispatcher', shifted(mix.dispatcher)),
    ]);
    metricsOfWorker = `http://127.0.0.1:${port}`;
    url = gateway.url;
    client = createClient(url, fleet.key);
  });
  afterAll(async () => {
    await fleet.stop();
    await receiver.stop();
    await redis?.stop();
  });

  const rowOf = (taskUuid: string) => fleet.database.task.findFirstOrThrow({ where: { taskUuid } });
  const secondsFromNow = async (column: string, id: string): Promise<number> => {
    const [row] = await fleet.database.$queryRawUnsafe<{ s: number }[]>(
      `SELECT extract(epoch FROM ${column} - now())::float8 AS s FROM images WHERE id = '${id}'`,
    );
    return row?.s ?? NaN;
  };
  const imageStatus = async (imageURL: string | undefined) => {
    const { pathname } = new URL(imageURL ?? '');
    return (await fetch(`${url}${pathname}`)).status;
  };

  it('is ready', async () => {
    await until('readiness', async () => (await fetch(`${url}/health/ready`)).status === 200);
  });

  it('keeps a result for its ttl, and serves it', async () => {
    const { data } = await client.post([removal(png, { ttl: 120 })]);
    const [result] = data;
    expect(result).toMatchObject({ status: 'success' });
    const leftS = await secondsFromNow('expires_at', String(result?.['imageUUID']));
    expect(leftS).toBeGreaterThan(0);
    expect(leftS).toBeLessThanOrEqual(121);
    expect(await imageStatus(result?.imageURL)).toBe(200);
  });

  it('takes times of rows from Postgres', async () => {
    const task = removal(png);
    await client.post([task]);
    const { id, createdAt, startedAt, finishedAt, queueMs } = await rowOf(task.taskUUID);
    const idMs = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    const times = [idMs, ...[createdAt, startedAt, finishedAt].map((time) => time?.getTime() ?? 0)];
    for (const time of times) expect(Math.abs(time - Date.now())).toBeLessThan(HANG_MS);
    expect(queueMs).toBeLessThan(HANG_MS);
  });

  it('delivers webhooks at once', async () => {
    const task = removal(png, { deliveryMethod: 'async', webhookURL: `${receiver.url}/hook` });
    await client.post([task]);
    await until('the webhook', () => receiver.received('/hook').length > 0);
  });

  it('repeats a refused webhook soon', async () => {
    receiver.answer('/refused', 500, 200);
    const webhookURL = `${receiver.url}/refused`;
    await client.post([removal(png, { deliveryMethod: 'async', webhookURL })]);
    await until('the second call', () => receiver.received('/refused').length === 2);
  });

  it('finishes a task before its deadline, and gives none up early', async () => {
    const { data, errors } = await client.post([removal(png, { deadline: 60 })]);
    expect(errors).toEqual([]);
    expect(data).toMatchObject([{ status: 'success' }]);
  });

  it('accepts a key until it expires', async () => {
    const apiKey = 'cc_short_0123456789_0123456789_0123456789';
    const expiresAt = new Date(Date.now() + 120_000);
    await createKey(fleet.database, 'short', apiKey, { expiresAt });
    const { status } = await createClient(url, apiKey).post([{ taskType: 'ping' }]);
    expect(status).toBe(200);
  });

  it('reports the offset of the worker as a metric', async () => {
    const offset = await until('the metric', async () =>
      valueOf(await scrape(metricsOfWorker), 'clearcut_clock_offset_seconds'),
    );
    expect(Math.abs(offset - mix.worker / 1000)).toBeLessThan(HANG_MS / 1000);
  });
});

describe('npx clearcut doctor', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet();
    await fleet.start('worker');
  });
  afterAll(() => fleet.stop());

  const doctor = (env: Record<string, string> = {}) =>
    clearcut(['doctor'], { DATABASE_URL: fleet.databaseUrl, ...env });

  it('finds nothing wrong on a machine whose clock is right', async () => {
    expect(Math.abs(await measureClockOffset(fleet.database))).toBeLessThan(HANG_MS);
    const { code, out } = await doctor();
    const lines = out.trimEnd().split('\n');
    const names = lines.map((line) => line.split(/ +/)[1]);
    const service = ['database', 'connections', 'backup', 'clock', 'queue', 'workers', 'decoder'];
    expect(names.filter((name) => name !== 'disk')).toEqual([
      'node',
      'memory',
      'device',
      'weights',
      ...service,
    ]);
    expect(lines.filter((line) => line.startsWith('FAULT'))).toEqual([]);
    expect(out).toMatch(/^ok +connections +\d+ of \d+ in use; 1 programs may take 30$/m);
    expect(out).toMatch(/^ok +queue +answers, in Postgres$/m);
    expect(out).toMatch(/^ok +workers +1 warm, cpu/m);
    expect(out).toMatch(/^ok +decoder +starts$/m);
    expect(code).toBe(0);
  });

  it('says that the programs may open more connections than Postgres has', async () => {
    const { code, out } = await doctor({ DATABASE_POOL_MAX: '1000' });
    expect(out).toMatch(
      /^HINT +connections .*may take 1020: lower DATABASE_POOL_MAX, raise max_connections/m,
    );
    expect(code).toBe(0);
  });

  it('names a clock that is wrong', async () => {
    const { code, out } = await doctor(shifted(-MINUTES_MS));
    expect(out).toMatch(/^FAULT +clock +(299|300)\.\d s behind the database's: set the clock .* by NTP$/m);
    expect(code).toBe(1);
  });

  it('says that the database is away', async () => {
    const away = Object.assign(new URL(fleet.databaseUrl), { port: `${await freePort()}` }).href;
    const { code, out } = await doctor({ DATABASE_URL: away });
    expect(out).toMatch(/^FAULT +database /m);
    expect(code).toBe(1);
  });

  it('examines the machine without any database, and tells it in lines of JSON', async () => {
    const nowhere = join(tmpdir(), `clearcut-none-${process.pid}`);
    const env = { DATABASE_URL: '', DATA_DIR: nowhere, MODELS_DIR: nowhere };
    const { code, out } = await clearcut(['doctor', '--json'], env);
    const found = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(found.find(({ name }) => name === 'node')).toMatchObject({ status: 'ok', remedy: null });
    expect(found.find(({ name }) => name === 'weights')).toMatchObject({
      status: 'hint',
      remedy: expect.stringContaining('models pull'),
    });
    expect(found.find(({ name }) => name === 'database')).toMatchObject({ status: 'fault' });
    expect(code).toBe(1);
  });
});
