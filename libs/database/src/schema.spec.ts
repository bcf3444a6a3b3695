import { afterEach, describe, expect, it } from '@jest/globals';
import { createDatabase, freshDatabase, runSql } from '#test/databases';
import { openDatabase, type Database } from './client.js';
import { checkSchema, neededMigrations } from './schema.js';

const [first = ''] = neededMigrations;
const newest = neededMigrations.at(-1) ?? '';

describe('checkSchema', () => {
  let database: Database;
  afterEach(() => database.$disconnect());

  const check = async (url: string) => {
    database = openDatabase(url);
    return (await checkSchema(database))();
  };

  it('accepts a database with all needed migrations, and one with newer ones', async () => {
    const url = await freshDatabase();
    await check(url);
    await database.$disconnect();
    await runSql(
      url,
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
       VALUES ('next', '', '99991231235959_next', now())`,
    );
    await check(url);
  });

  it('refuses a database that lacks a migration, and says what to do', async () => {
    const url = await freshDatabase();
    await runSql(url, `DELETE FROM _prisma_migrations WHERE migration_name = '${newest}'`);
    await expect(check(url)).rejects.toThrow(
      `The database lacks the migration ${newest}: run \`clearcut migrate\` first.`,
    );
  });

  it('refuses a database in which a migration failed or was rolled back', async () => {
    for (const unfinished of ['finished_at = NULL', 'rolled_back_at = now()']) {
      const url = await freshDatabase();
      await runSql(url, `UPDATE _prisma_migrations SET ${unfinished} WHERE migration_name = '${newest}'`);
      await expect(check(url)).rejects.toThrow(`lacks the migration ${newest}:`);
      await database.$disconnect();
    }
  });

  it('refuses an empty database', async () => {
    const url = await createDatabase(`empty_${Date.now()}`);
    await expect(check(url)).rejects.toThrow(
      `lacks the migration ${first} and ${neededMigrations.length - 1} more: run`,
    );
  });

  it('waits for a database that is away, and refuses it if it is too old when it is back', async () => {
    const url = await freshDatabase();
    const away = `away_${Date.now()}`;
    database = openDatabase(Object.assign(new URL(url), { pathname: `/${away}` }).href);
    const fits = await checkSchema(database);
    await expect(fits()).rejects.toThrow('does not exist');
    await createDatabase(away);
    await expect(fits()).rejects.toThrow('run `clearcut migrate`');
  });
});
