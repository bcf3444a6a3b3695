import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { openDatabase, type Database } from './client.js';

let database: Database;
beforeAll(async () => {
  database = openDatabase(await freshDatabase());
});
afterAll(() => database.$disconnect());

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
