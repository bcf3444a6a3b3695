import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { HEARTBEAT_MS, openDatabase } from '#database';
import { createLogger } from '#telemetry';
import { openOwnDatabase } from '#test/own-database';
import { startTcpProxy } from '#test/tcp-proxy';
import { until } from '#test/until';
import { startClaimant } from './claimant.js';
import { createHeartbeat } from './heartbeat.js';

const { url, database } = await openOwnDatabase();

const facts = { provider: 'cpu', requestedDevice: 'cpu', device: 'cpu', fallback: null, slots: 1 };
const log = createLogger('test', 'fatal');

const aliveMs = async (workerId: string): Promise<number> =>
  (await database.claimant.findUnique({ where: { workerId } }))?.aliveAt.getTime() ?? 0;

it('a worker whose row is locked still reports that it lives', async () => {
  const id = randomUUID();
  const heartbeat = createHeartbeat(database, { id, served: [], installed: [], ...facts }, log);
  const claimant = startClaimant(database, id, log, heartbeat.isBeating);
  await heartbeat.start();
  await until('the heartbeat', heartbeat.isBeating);

  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN; LOCK TABLE workers IN SHARE MODE');
  const lockedMs = await aliveMs(id);
  await until('reports without a heartbeat', async () => (await aliveMs(id)) > lockedMs + 2 * HEARTBEAT_MS);
  expect(heartbeat.isBeating()).toBe(false);

  await other.end();
  await until('the heartbeat again', heartbeat.isBeating);
  await heartbeat.stop();
  await claimant.stop();
  expect(await aliveMs(id)).toBe(0);
});

it('a worker whose connections died unnoticed reports again by others', async () => {
  const proxy = await startTcpProxy(Number(new URL(url).port));
  const far = openDatabase(
    Object.assign(new URL(url), { hostname: '127.0.0.1', port: `${proxy.port}` }).href,
  );
  const heartbeat = createHeartbeat(far, { id: randomUUID(), served: [], installed: [], ...facts }, log);
  await heartbeat.start();
  await until('the heartbeat', heartbeat.isBeating);
  proxy.freeze();
  await until('its end', () => !heartbeat.isBeating());
  await until('the heartbeat again', heartbeat.isBeating);
  await heartbeat.stop();
  await proxy.stop();
  await far.$disconnect();
});

it('reports that wait for a lock leave connections to others', async () => {
  const small = openDatabase(url, { max: 5 });
  const id = randomUUID();
  const heartbeat = createHeartbeat(small, { id, served: [], installed: [], ...facts }, log);
  const claimant = startClaimant(small, id, log, heartbeat.isBeating);
  await heartbeat.start();
  await until('the heartbeat', heartbeat.isBeating);
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN; LOCK TABLE claimants IN SHARE MODE');
  // Without a limit, five would wait by then.
  await sleep(8 * HEARTBEAT_MS);
  expect(await small.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  await other.end();
  await heartbeat.stop();
  await claimant.stop();
  await small.$disconnect();
});

it('a report that waits while the worker leaves does not show it again', async () => {
  const id = randomUUID();
  const worker = { id, served: [], installed: [], ...facts };
  const heartbeat = createHeartbeat(database, worker, log, { lastReportMs: 60_000 });
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  const isWaiting = async () => {
    const { rows } = await other.query(`
      SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
       WHERE datname = current_database() AND NOT granted`);
    return rows.length > 0;
  };
  for (let round = 0; round < 5; round++) {
    await other.query('BEGIN; LOCK TABLE workers IN SHARE MODE');
    const reported = heartbeat.resume();
    await until('the report to wait', isWaiting);
    const left = heartbeat.pause();
    await sleep(100);
    await other.query('COMMIT');
    await Promise.all([reported, left]);
    expect(await database.worker.findUnique({ where: { id } })).toBeNull();
  }
  await other.end();
});
