import { afterEach, describe, expect, it } from '@jest/globals';
import { createDatabase, freshDatabase, runSql } from '#test/databases';
import { openDatabase, type Database } from './client.js';
import { checkSchema, neededMigrations } from './schema.js';

const [first = ''] = neededMigrations;
const newest = neededMigrations.at(-1) ?? '';

describe('the check of the schema', () => {
  let database: Database;
  afterEach(() => database.$disconnect());

  const check = async (url: string) => {
    database = openDatabase(url);
    return (await checkSchema(database))();
  };

  it('takes a database that has what is needed, and one that has more', async () => {
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

  it('refuses one that lacks a migration, and says what to do', async () => {
    const url = await freshDatabase();
    await runSql(url, `DELETE FROM _prisma_migrations WHERE migration_name = '${newest}'`);
    await expect(check(url)).rejects.toThrow(
      `The database lacks the migration ${newest}: run \`clearcut migrate\`, then start again.`,
    );
  });

  it('refuses one in which a migration failed or was taken back', async () => {
    for (const unfinished of ['finished_at = NULL', 'rolled_back_at = now()']) {
      const url = await freshDatabase();
      await runSql(url, `UPDATE _prisma_migrations SET ${unfinished} WHERE migration_name = '${newest}'`);
      await expect(check(url)).rejects.toThrow(`lacks the migration ${newest}:`);
      await database.$disconnect();
    }
  });

  it('refuses an empty one', async () => {
    const url = await createDatabase(`empty_${Date.now()}`);
    await expect(check(url)).rejects.toThrow(
      `lacks the migration ${first} and ${neededMigrations.length - 1} more: run`,
    );
  });

  it('waits for one that is away, and refuses it when it is back and too old', async () => {
    const url = await freshDatabase();
    const away = `away_${Date.now()}`;
    database = openDatabase(Object.assign(new URL(url), { pathname: `/${away}` }).href);
    const fits = await checkSchema(database);
    await expect(fits()).rejects.toThrow('does not exist');
    await createDatabase(away);
    await expect(fits()).rejects.toThrow('run `clearcut migrate`');
  });
});
