import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freshDatabase } from '#test/databases';
import { until } from '#test/until';
import { createConsumer, createTaskQueue, type Consumer, type TaskQueue } from './index.js';
import { byServerClock } from './server-clock.js';

const model = 'runware:109@1';
const HOUR_MS = 3_600_000;

describe('byServerClock', () => {
  it('replaces the time of the machine, and no other parameter', () => {
    const sql = '-- Params: $1 queue, $2 now_ms, $20 name.\nSELECT claim($1, $2, $2::bigint, $20);';
    const now = '(0 * $2::bigint + (extract(epoch FROM clock_timestamp()) * 1000)::bigint)';
    expect(byServerClock(sql)).toBe(
      `-- Params: $1 queue, $2 now_ms, $20 name.\nSELECT claim($1, ${now}, ${now}, $20);`,
    );
  });

  it('leaves a statement that takes no time', () => {
    expect(byServerClock('SELECT $1')).toBe('SELECT $1');
  });
});

describe('the queue on Postgres, with a worker whose clock is an hour ahead,', () => {
  const rightNow = Date.now;
  let DATABASE_URL: string;
  let client: pg.Client;
  let queue: TaskQueue;
  let consumer: Consumer | undefined;
  /** Ends the jobs in hand, in the order of their claims. */
  const ends: (() => void)[] = [];

  beforeAll(async () => {
    DATABASE_URL = await freshDatabase();
    client = new pg.Client({ connectionString: DATABASE_URL });
    await client.connect();
    queue = createTaskQueue({ DATABASE_URL }, () => undefined);
    await queue.ping();
  });
  afterEach(() => {
    Date.now = rightNow;
  });
  afterAll(async () => {
    ends.forEach((end) => end());
    await consumer?.stop(0);
    await queue.close();
    await client.end();
  });

  /** Milliseconds for which jobs are locked yet. */
  const locks = async (): Promise<number[]> => {
    const { rows } = await client.query<{ ms: number }>(
      `SELECT (locked_until_ms - extract(epoch FROM now()) * 1000)::float8 AS ms FROM bullmq.job WHERE state = 'active'`,
    );
    return rows.map(({ ms }) => ms);
  };

  it('locks jobs by the clock of Postgres, so that others can take them over soon', async () => {
    const handle = () => new Promise<void>((resolve) => ends.push(resolve));
    const options = { lanes: [model], concurrency: 1, longestPauseMs: 50, onError: () => undefined };
    consumer = createConsumer({ DATABASE_URL }, handle, options);
    for (const taskId of [randomUUID(), randomUUID()]) await queue.add({ taskId, lane: model, returns: 0 });

    Date.now = () => rightNow() + HOUR_MS;
    consumer.run();
    // The second job is claimed by the statement that completes the first.
    for (const claims of [1, 2]) {
      await until('a job to be claimed', () => ends.length === claims);
      const held = await locks();
      expect(held).toHaveLength(1);
      expect(Math.abs(held[0] ?? Infinity)).toBeLessThan(HOUR_MS / 2);
      ends[claims - 1]?.();
    }
    await until('both to be done', async () => (await locks()).length === 0);
  });
});
