import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshDatabase } from '#test/databases';
import { openDatabase, type Database } from './client.js';
import { findEnded } from './tasks.js';

let database: Database;
beforeAll(async () => {
  database = openDatabase(await freshDatabase());
});
afterAll(() => database.$disconnect());

/** What this connection keeps prepared of those that read tasks; one after the other, all take the same one. */
const prepared = async () => {
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int FROM pg_prepared_statements WHERE statement LIKE 'SELECT "public"."tasks"%'`;
  return row?.count;
};

const ids = (count: number) => Array.from({ length: count }, () => randomUUID());

it('has a statement planned once and not again', async () => {
  for (let i = 0; i < 3; i++) await findEnded(database, ids(2));
  expect(await prepared()).toBe(1);
});

it('does not have the server remember long lists', async () => {
  for (const length of [100, 101]) await findEnded(database, ids(length));
  expect(await prepared()).toBe(1);
});
