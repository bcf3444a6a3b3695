import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#embedded-postgres';
import { superuserUrl } from '#test/databases';
import { until } from '#test/until';
import { migrate } from './migrate.js';

const timeoutMs = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'clearcut-'));
let postgres: EmbeddedPostgres;

/** For the superuser, who may create databases and roles. */
const urlOf = (database: string) =>
  Object.assign(new URL(superuserUrl(postgres)), { pathname: `/${database}` }).href;

async function query(database: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const history = (database: string) =>
  query(database, 'select migration_name from _prisma_migrations where finished_at is not null');

beforeAll(async () => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder, { mode: 0o755 });
  postgres = await startEmbeddedPostgres({ dataDir: folder });
}, timeoutMs);

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

const all = readdirSync(new URL('../../../../prisma/migrations', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

it(
  'migrate applies missing migrations exactly once',
  async () => {
    expect(await migrate(postgres.url)).toEqual({ applied: all });
    expect(await migrate(postgres.url)).toEqual({ applied: [] });
    expect(await history('clearcut')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'migrate creates the database if it does not exist',
  async () => {
    expect(await migrate(urlOf('missing'))).toEqual({ applied: all });
    expect(await history('missing')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'of two migrate calls at once, one applies the migrations',
  async () => {
    await query('postgres', 'create database shared');
    const results = await Promise.all([migrate(urlOf('shared')), migrate(urlOf('shared'))]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(all);
    expect(await history('shared')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'several migrate calls at once create the database only once',
  async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => migrate(urlOf('crowd'))));
    expect(results.flatMap(({ applied }) => applied)).toEqual(all);
    expect(await history('crowd')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'migrate says why it cannot create the database',
  async () => {
    await query('postgres', `create role guest login password 'guest'`);
    const url = Object.assign(new URL(urlOf('forbidden')), { username: 'guest', password: 'guest' }).href;
    await expect(migrate(url)).rejects.toThrow(
      'The database does not exist and could not be created: permission denied to create database.',
    );
  },
  timeoutMs,
);

it(
  'migrate passes on why it cannot change the database',
  async () => {
    await query('postgres', 'create database foreign_data');
    await query('foreign_data', 'create table unrelated (id int)');
    await expect(migrate(urlOf('foreign_data'))).rejects.toThrow(
      /^The database could not be migrated: .*P3005/,
    );
  },
  timeoutMs,
);

it('migrate says so when no server answers', async () => {
  await expect(migrate('postgresql://clearcut@127.0.0.1:1/clearcut')).rejects.toThrow(
    'The database cannot be reached: connect ECONNREFUSED 127.0.0.1:1.',
  );
});

/** Rows that the engine of Prisma, used by earlier releases, wrote for each migration. */
const prismaRow = {
  migration_name: '20261122160000_tasks',
  checksum: 'f5599220d439196575d563454243a5535cdda4b92d41343b80820ca542260ae5',
  logs: null,
  rolled_back_at: null,
  applied_steps_count: 1,
};

/** The table, as Prisma creates it. */
const prismaTable = [
  ['id', 'character varying', 36, 'NO', null],
  ['checksum', 'character varying', 64, 'NO', null],
  ['finished_at', 'timestamp with time zone', null, 'YES', null],
  ['migration_name', 'character varying', 255, 'NO', null],
  ['logs', 'text', null, 'YES', null],
  ['rolled_back_at', 'timestamp with time zone', null, 'YES', null],
  ['started_at', 'timestamp with time zone', null, 'NO', 'now()'],
  ['applied_steps_count', 'integer', null, 'NO', '0'],
];

it(
  'migrate records migrations the way Prisma does',
  async () => {
    await migrate(urlOf('recorded'));
    const columns = await query(
      'recorded',
      `select column_name, data_type, character_maximum_length, is_nullable, column_default
         from information_schema.columns where table_name = '_prisma_migrations' order by ordinal_position`,
    );
    expect(columns.map((column) => Object.values(column as object) as unknown[])).toEqual(prismaTable);

    const rows = await query('recorded', 'select * from _prisma_migrations order by started_at');
    expect(rows[0]).toMatchObject(prismaRow);
    const order = await query(
      'recorded',
      'select migration_name as name from _prisma_migrations order by finished_at',
    );
    expect(order).toEqual(all.map((name) => ({ name })));
    for (const row of rows)
      expect(row).toMatchObject({ finished_at: expect.any(Date), started_at: expect.any(Date) });
  },
  timeoutMs,
);

/** A folder of migrations in the layout of Prisma. */
const folderOf = (migrations: Record<string, string>): URL => {
  const made = mkdtempSync(join(folder, 'migrations-'));
  for (const [name, sql] of Object.entries(migrations)) {
    mkdirSync(join(made, name));
    writeFileSync(join(made, name, 'migration.sql'), sql);
  }
  return pathToFileURL(`${made}/`);
};
const first = { '1_first': 'create table one (id int);\ninsert into one values (1);' };

it(
  'a failed migration leaves nothing behind and is applied once it is corrected',
  async () => {
    const broken = { ...first, '2_broken': 'create table two (id int); insert into two values (1), (1/0);' };
    await expect(migrate(urlOf('broken'), { folder: folderOf(broken) })).rejects.toThrow(
      'The database could not be migrated: the migration 2_broken failed and changed nothing: division by zero.',
    );
    expect(await history('broken')).toEqual([{ migration_name: '1_first' }]);
    expect(
      await query(
        'broken',
        `select to_regclass('two') as made, logs, rolled_back_at is not null as back
           from _prisma_migrations where migration_name = '2_broken'`,
      ),
    ).toEqual([{ made: null, logs: 'division by zero', back: true }]);

    const mended = { ...broken, '2_broken': 'create table two (id int);' };
    expect(await migrate(urlOf('broken'), { folder: folderOf(mended) })).toEqual({ applied: ['2_broken'] });
  },
  timeoutMs,
);

it(
  'a migration that loses its connection leaves nothing behind and is applied the next time',
  async () => {
    const deadly = {
      ...first,
      '2_cut': 'create table two (id int); select pg_terminate_backend(pg_backend_pid());',
    };
    await expect(migrate(urlOf('cut'), { folder: folderOf(deadly) })).rejects.toThrow(
      'the migration 2_cut failed and changed nothing: ',
    );
    const mended = { ...first, '2_cut': 'create table two (id int);' };
    expect(await migrate(urlOf('cut'), { folder: folderOf(mended) })).toEqual({ applied: ['2_cut'] });
  },
  timeoutMs,
);

const concurrent = 'create unique index concurrently one_id_key on one (id);';

it(
  'a file marked "no transaction" runs outside one, even while other programs wait for the lock',
  async () => {
    const url = urlOf('concurrent');
    await migrate(url, { folder: folderOf(first) });
    await expect(migrate(url, { folder: folderOf({ ...first, '2_index': concurrent }) })).rejects.toThrow(
      'CREATE INDEX CONCURRENTLY cannot run inside a transaction block',
    );
    const marked = folderOf({ ...first, '2_index': `-- no transaction\n${concurrent}` });
    const results = await Promise.all([1, 2, 3].map(() => migrate(url, { folder: marked })));
    expect(results.flatMap(({ applied }) => applied)).toEqual(['2_index']);
  },
  timeoutMs,
);

it(
  'migrate stops after a migration that may have been applied in part',
  async () => {
    const url = urlOf('partial');
    const twice = { '1_first': 'create table one (id int); insert into one values (1), (1);' };
    const marked = folderOf({ ...twice, '2_index': `-- no transaction\n${concurrent}` });
    await expect(migrate(url, { folder: marked })).rejects.toThrow(
      'the migration 2_index failed and may have changed something: could not create unique index "one_id_key".',
    );
    await expect(migrate(url, { folder: marked })).rejects.toThrow(
      'The database could not be migrated: the migration 2_index was begun and did not finish (could not create unique index "one_id_key"): see "Upgrade" in docs/operations.md (P3009).',
    );
    await query('partial', 'drop index one_id_key; delete from one');
    await query('partial', `update _prisma_migrations set rolled_back_at = now() where finished_at is null`);
    expect(await migrate(url, { folder: marked })).toEqual({ applied: ['2_index'] });
  },
  timeoutMs,
);

it(
  'migrate warns of applied migrations that were changed or are missing, but not of newer ones',
  async () => {
    const url = urlOf('changed');
    const heard = async (migrations: Record<string, string>) => {
      const told: string[] = [];
      const options = { folder: folderOf(migrations), warn: (sentence: string) => told.push(sentence) };
      return { ...(await migrate(url, options)), told };
    };
    const both = { ...first, '2_second': 'create table two (id int);\n' };
    await migrate(url, { folder: folderOf(both) });

    expect(await heard(first)).toEqual({ applied: [], told: [] });
    expect(await heard({ ...first, '2_second': 'create table two (id int);\r\n' })).toEqual({
      applied: [],
      told: [],
    });
    expect(await heard({ ...first, '2_second': 'create table zwei (id int);' })).toEqual({
      applied: [],
      told: ['The migration 2_second was changed after it was applied.'],
    });
    expect(await heard({ ...first, '3_third': 'create table three (id int);' })).toEqual({
      applied: ['3_third'],
      told: ['The migration 2_second was applied, but this release does not have it.'],
    });
  },
  timeoutMs,
);

it(
  'migrate waits for another migrating program, Prisma included, up to its time limit',
  async () => {
    await query('postgres', 'create database held');
    const holder = new pg.Client({ connectionString: urlOf('held') });
    await holder.connect();
    // The lock that Prisma's command line takes.
    await holder.query('select pg_advisory_lock(72707369)');
    await expect(migrate(urlOf('held'), { lockTimeoutMs: 300 })).rejects.toThrow(
      'The database could not be migrated: another program has been migrating it for more than 0.3 s.',
    );
    const waiting = migrate(urlOf('held'));
    await holder.end();
    expect(await waiting).toEqual({ applied: all });
  },
  timeoutMs,
);

it(
  'a migration that meets a lock lets other statements through, and is applied when the lock is gone',
  async () => {
    const url = urlOf('busy');
    await query('postgres', 'create database busy');
    await migrate(url, { folder: folderOf({ '1_items': 'create table items (id int);' }) });
    const folder = folderOf({
      '1_items': 'create table items (id int);',
      '2_column': 'alter table items add column note text;',
    });
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('begin; insert into items values (1)');
    const migrating = migrate(url, { folder });
    const waits = `select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock'`;
    await until('the migration to wait', async () => {
      const [row] = await query('busy', waits);
      return JSON.stringify(row) === '{"count":1}';
    });

    // It would wait behind the migration until the lock is gone.
    await query('busy', 'select * from items');
    await holder.query('commit');
    await holder.end();
    expect(await migrating).toEqual({ applied: ['2_column'] });

    expect(await query('busy', 'select * from _prisma_migrations')).toHaveLength(2);
  },
  timeoutMs,
);
