import { afterAll } from '@jest/globals';
import { openDatabase, type Database } from '#database';
import { freshDatabase } from './databases.js';

/** Opens a database for the tests of one file. It is closed after the last of them. */
export const openOwnDatabase = async (): Promise<{ readonly url: string; readonly database: Database }> => {
  const url = await freshDatabase();
  const database = openDatabase(url);
  afterAll(() => database.$disconnect());
  return { url, database };
};
