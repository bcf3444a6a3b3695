import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { freshDatabase, runSql } from '#test/databases';
import { openOwnDatabase } from '#test/own-database';
import { until } from '#test/until';
import { connectionsOf, namedUrl, openDatabase, type Database } from './client.js';
import { measureClockOffset } from './clock.js';
import { Prisma } from './generated/client.js';
import { hotRows } from './hot-query.js';
import { isDatabaseOutage } from './outage.js';

const { database } = await openOwnDatabase();

/**
 * The statements that this connection keeps prepared for reads of tasks. Sequential queries share one
 * connection.
 */
const prepared = async () => {
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int FROM pg_prepared_statements WHERE statement LIKE 'SELECT "public"."tasks"%'`;
  return row?.count;
};

const read = (count: number) =>
  database.task.findMany({ where: { id: { in: Array.from({ length: count }, () => randomUUID()) } } });

it('Postgres plans a repeated statement only once', async () => {
  for (let i = 0; i < 3; i++) await read(2);
  expect(await prepared()).toBe(1);
});

it('Postgres does not keep statements with long lists prepared', async () => {
  for (const length of [100, 101]) await read(length);
  expect(await prepared()).toBe(1);
});

it('closes its connections also where Prisma asked nothing', async () => {
  const opened = openDatabase(await freshDatabase());
  await hotRows(opened, Prisma.sql`SELECT 1`);
  await opened.$disconnect();
  const { pool } = connectionsOf(opened);
  expect([pool.ended, pool.totalCount]).toEqual([true, 0]);
});

describe('a client with options', () => {
  const withClient = async <T>(
    options: Parameters<typeof openDatabase>[1],
    work: (database: Database) => Promise<T>,
  ): Promise<T> => {
    const opened = openDatabase(namedUrl(await freshDatabase(), 'worker'), options);
    try {
      // A busy machine takes longer than the client waits for its first connection.
      await until('a connection', () => opened.$queryRaw`SELECT 1`.catch(() => undefined));
      return await work(opened);
    } finally {
      await opened.$disconnect();
    }
  };

  it('is named in Postgres, and has statements that take too long ended', async () => {
    await withClient({ statementTimeoutMs: 300 }, async (opened) => {
      const [row] = await opened.$queryRaw<{ name: string }[]>`
        SELECT current_setting('application_name') AS name`;
      expect(row?.name).toMatch(new RegExp(`^clearcut-worker/.+/${process.pid}$`));
      const error = await opened.$executeRaw`SELECT pg_sleep(120)`.catch((fault: unknown) => fault);
      expect(String(error)).toContain('57014');
      expect(isDatabaseOutage(error)).toBe(true);
    });
  });

  it('opens no more connections than its limit', async () => {
    await withClient({ max: 2 }, async (opened) => {
      await Promise.all(Array.from({ length: 20 }, () => opened.$executeRaw`SELECT pg_sleep(0.01)`));
      const [row] = await opened.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = current_setting('application_name')`;
      expect(row?.count).toBe(2);
    });
  });

  it('reads and writes times as they are where the database has another time zone', async () => {
    const url = await freshDatabase();
    const name = new URL(url).pathname.slice(1);
    await runSql(url, `ALTER DATABASE ${name} SET timezone = 'America/New_York'`);
    for (const isPooled of [false, true]) {
      const opened = openDatabase(url, { isPooled });
      try {
        await until('a connection', () => opened.$queryRaw`SELECT 1`.catch(() => undefined));
        expect(Math.abs(await measureClockOffset(opened))).toBeLessThan(60_000);
        const moment = new Date('2027-01-31T18:00:00Z');
        const [row] = await opened.$queryRaw<{ moment: Date; text: string }[]>`
          SELECT ${moment}::timestamptz AS moment, (${moment}::timestamptz AT TIME ZONE 'UTC')::text AS text`;
        expect(row).toEqual({ moment, text: '2027-01-31 18:00:00' });
      } finally {
        await opened.$disconnect();
      }
    }
  });

  it('prepares no statement by name behind a transaction pooler', async () => {
    await withClient({ isPooled: true, max: 2 }, async (opened) => {
      for (let i = 0; i < 3; i++) await opened.task.findMany({ where: { id: randomUUID() } });
      const [row] = await opened.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int FROM pg_prepared_statements WHERE name <> ''`;
      expect(row?.count).toBe(0);
    });
  });
});
