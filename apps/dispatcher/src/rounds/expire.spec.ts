import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openDatabase, putImage, type Database } from '#database';
import { StorageError } from '#storage';
import { createLogger } from '#telemetry';
import { freshDatabase } from '#test/databases';
import { addOwner } from '#test/owner';
import { createExpiry } from './expire.js';

let database: Database;
let ownerId: string;
beforeAll(async () => {
  database = openDatabase(await freshDatabase());
  ownerId = await addOwner(database);
});
afterAll(() => database.$disconnect());

it('expiry keeps the rows while the storage is away, logs that once, and deletes them afterwards', async () => {
  const lines: { msg: string; images?: number }[] = [];
  const log = createLogger('test', 'info', { write: (line) => lines.push(JSON.parse(line)) });
  const takeLogged = () => lines.splice(0).map(({ msg }) => msg);
  let away = true;
  let nowMs = 0;
  const remove = async () => {
    if (away) throw new StorageError('It is read-only.', { operation: 'remove', kind: 'readOnly' });
  };
  const round = createExpiry({ database, storage: { remove }, log }, () => nowMs);

  for (let i = 0; i < 3; i++) {
    const id = randomUUID();
    const facts = { contentType: 'image/png', bytes: 1, width: 1, height: 1, expiresAt: new Date(0) };
    await putImage(database, { id, ownerId, storageKey: `outputs/${id}.png`, ...facts }, new Date());
  }
  const left = () => database.image.count({ where: { deletedAt: null } });

  await round();
  expect(lines[0]).toMatchObject({ images: 3 });
  for (let i = 0; i < 5; i++) await round();
  expect([takeLogged(), await left()]).toEqual([['expired images cannot be deleted'], 3]);
  nowMs = 10 * 60_000;
  await round();
  expect(takeLogged()).toEqual(['expired images cannot be deleted']);

  away = false;
  await round();
  expect([takeLogged(), await left()]).toEqual([
    ['expired images deleted', 'expired images can be deleted again'],
    0,
  ]);
});
