import { expect, it } from '@jest/globals';
import { openOwnDatabase } from '#test/own-database';
import { backupAge, noteBackup } from './index.js';

const { database } = await openOwnDatabase();

it('a backup may be noted twice, but not ahead of its time', async () => {
  expect((await backupAge(database)).isNoted).toBe(false);
  const ahead = new Date(Date.now() + 3_600_000);
  expect(await noteBackup(database, ahead)).toBeUndefined();
  expect((await backupAge(database)).isNoted).toBe(false);

  const before = new Date(Date.now() - 60_000);
  expect(await noteBackup(database, before)).toEqual(before);
  expect(await noteBackup(database, before)).toEqual(before);
  const { seconds, isNoted } = await backupAge(database);
  expect(isNoted).toBe(true);
  expect(seconds).toBeGreaterThanOrEqual(59);
});
