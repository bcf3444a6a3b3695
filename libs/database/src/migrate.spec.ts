import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#embedded-postgres';
import { migrate } from './migrate.js';

const timeoutMs = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'clearcut-'));
let postgres: EmbeddedPostgres;

const urlOf = (database: string) => postgres.url.replace(/clearcut$/, database);

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
  'applies what is missing, once',
  async () => {
    expect(await migrate(postgres.url)).toEqual({ applied: all });
    expect(await migrate(postgres.url)).toEqual({ applied: [] });
    expect(await history('clearcut')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'creates the database',
  async () => {
    expect(await migrate(urlOf('missing'))).toEqual({ applied: all });
    expect(await history('missing')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'lets one of two that start together do the work',
  async () => {
    await query('postgres', 'create database shared');
    const results = await Promise.all([migrate(urlOf('shared')), migrate(urlOf('shared'))]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(all);
    expect(await history('shared')).toHaveLength(all.length);
  },
  timeoutMs,
);

it(
  'passes on why a database cannot be migrated',
  async () => {
    await query('postgres', 'create database foreign_data');
    await query('foreign_data', 'create table unrelated (id int)');
    await expect(migrate(urlOf('foreign_data'))).rejects.toThrow(
      /^The database could not be migrated: .*P3005/,
    );
  },
  timeoutMs,
);

it('says when there is no server', async () => {
  await expect(migrate('postgresql://clearcut@127.0.0.1:1/clearcut')).rejects.toThrow(
    'The database cannot be reached: connect ECONNREFUSED 127.0.0.1:1.',
  );
});
