import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { HEARTBEAT_MS } from '#database';
import { createLogger } from '#telemetry';
import { openOwnDatabase } from '#test/own-database';
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
