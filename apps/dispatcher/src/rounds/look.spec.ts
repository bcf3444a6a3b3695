import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { CLAIMANT_SILENT_MS, openDatabase, putImage, type Database } from '#database';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { createLook, type Wakes } from './look.js';

let database: Database;
let ownerId: string;
let nowMs: number;
let woken: string[];
beforeAll(async () => {
  database = openDatabase(await freshDatabase());
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());
beforeEach(() => {
  nowMs = 0;
  woken = [];
});

const wakes: Wakes = {
  deliveries: () => woken.push('deliveries'),
  feeding: () => woken.push('feeding'),
  vanished: () => woken.push('vanished'),
  unwanted: () => woken.push('unwanted'),
  sweep: () => woken.push('sweep'),
  expiry: () => woken.push('expiry'),
  usage: () => woken.push('usage'),
};
const open = (of = database) => createLook(of, () => nowMs);
/** @returns the rounds that the look woke */
const lookAfter = async ({ look }: ReturnType<typeof open>, ms: number) => {
  nowMs += ms;
  await look(wakes);
  return woken.splice(0);
};

it('wakes only the rounds that have something to do, and some of them with rests', async () => {
  const created = open();
  expect(await lookAfter(created, 0)).toEqual([]);
  const id = randomUUID();
  const facts = { contentType: 'image/png', bytes: 1, width: 1, height: 1, expiresAt: new Date(0) };
  await putImage(database, { id, ownerId, storageKey: `inputs/${id}.png`, ...facts }, new Date());
  expect(await lookAfter(created, 1_000)).toEqual(['expiry']);
  expect(await lookAfter(created, 1_000)).toEqual([]);
  expect(await lookAfter(created, 4_000)).toEqual(['expiry']);
  await database.image.deleteMany();
});

it('knows for how long it could write, and starts again after an outage', async () => {
  const created = open();
  expect(created.writesForMs()).toBe(0);
  await lookAfter(created, 0);
  await lookAfter(created, 4_000);
  await lookAfter(created, 4_000);
  expect(created.writesForMs()).toBe(8_000);
  nowMs += 6_000;
  expect(created.writesForMs()).toBe(0);

  const away = open(openDatabase('postgres://nobody@127.0.0.1:1/nothing'));
  await expect(lookAfter(away, 0)).rejects.toThrow();
  expect(away.writesForMs()).toBe(0);
});

it('trusts no reports of workers after a look that took long, since theirs did too', async () => {
  let stepMs = 5_000;
  const { look, writesForMs } = createLook(database, () => (nowMs += stepMs));
  for (let i = 0; i < 5; i++) await look(wakes);
  stepMs = 0;
  expect(writesForMs()).toBeLessThan(CLAIMANT_SILENT_MS);
});
