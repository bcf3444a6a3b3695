import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createDatabase, freshDatabase, runSql } from '#test/databases';
import { writeHistory } from '#test/history';
import { migrate } from '../migrate.js';
import { neededMigrations } from '../schema.js';
import { openDump, type DumpPage } from './open-dump.js';
import { checkDump, openLoad } from './open-load.js';

const emptyDatabase = () => createDatabase(`t_${randomUUID().replaceAll('-', '')}`);

const within = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
/** All rows of a table as Postgres prints them. */
const rowsOf = (url: string, table: string): Promise<string[]> =>
  within(url, async (client) => {
    const { rows } = await client.query<{ row: string }>(
      `SELECT t::text AS row FROM "${table}" t ORDER BY 1`,
    );
    return rows.map(({ row }) => row);
  });

const copy = async (from: string, to: string, lost: readonly string[] = []): Promise<string[]> => {
  const dump = await openDump(from);
  const load = await openLoad(to, dump.head);
  try {
    for await (const { table, lines, rows } of dump.pages())
      expect(await load.insert(table, lines)).toBe(rows);
    await load.finish(await dump.sequences(), lost);
    return dump.head.tables.map(({ name }) => name);
  } finally {
    await Promise.all([load.close(), dump.close()]);
  }
};

let source: string;
beforeAll(async () => {
  source = await freshDatabase();
  await within(source, (client) => writeHistory(client, 3_000));
});

describe('a dump', () => {
  let target: string;
  let tables: string[];
  beforeAll(async () => {
    // Values that a careless text form would lose.
    await runSql(
      source,
      `UPDATE tasks SET request = 'null', cost = 0.1234567890, infer_ms = 0.1 + 0.2, model = E'é "\\\\\\n\\t\\'|,{}',
                        problem = NULL, warnings = '[1.10, "\\u0041", {"a": null}]'
        WHERE id = (SELECT min(id::text)::uuid FROM tasks);
       INSERT INTO workers (id, models, provider, last_seen_at) VALUES (gen_random_uuid(), '{"a,b",""}', 'cpu', now());
       UPDATE api_keys SET models = '{"a,b","",NULL}', name = 'ü' WHERE id = (SELECT min(id::text)::uuid FROM api_keys);
       INSERT INTO usage_entries (owner_id, key_id, model, is_failed, cost, megapixels)
       SELECT gen_random_uuid(), gen_random_uuid(), 'm', false, 1e-6, 1e-300 FROM generate_series(1, 3)`,
    );
    target = await emptyDatabase();
    tables = await copy(source, target);
  });

  it('gives another database the same rows in all tables but that of workers', async () => {
    expect(tables).toEqual(
      expect.arrayContaining(['api_keys', 'tasks', 'images', 'deliveries', '_prisma_migrations']),
    );
    for (const table of tables.filter((name) => name !== 'workers'))
      expect([table, await rowsOf(target, table)]).toEqual([table, await rowsOf(source, table)]);
    expect(await rowsOf(target, 'workers')).toEqual([]);
    expect((await rowsOf(target, 'tasks')).length).toBe(3_000);
  });

  it('lets numbers of rows go on where they were', async () => {
    const insert = `INSERT INTO usage_entries (owner_id, key_id, model, is_failed, cost, megapixels)
                    VALUES (gen_random_uuid(), gen_random_uuid(), 'm', false, 1, 1) RETURNING id::int`;
    const next = (url: string) =>
      within(url, async (client) => (await client.query<{ id: number }>(insert)).rows[0]);
    expect(await next(target)).toEqual(await next(source));
  });

  it('does not see what is written after it was opened, and holds up no writer', async () => {
    const dump = await openDump(source);
    await runSql(source, `UPDATE tasks SET model = 'later'`);
    const pages: DumpPage[] = [];
    for await (const page of dump.pages()) pages.push(page);
    await dump.close();
    expect(pages.filter(({ lines }) => lines.includes('"later"'))).toEqual([]);
  });

  it('puts tasks of lost workers and queues back into the line', async () => {
    await runSql(
      source,
      `UPDATE tasks SET state = 'running', finished_at = NULL, worker_id = gen_random_uuid(), runs_alone = true
        WHERE id IN (SELECT id FROM tasks WHERE finished_at IS NOT NULL ORDER BY id LIMIT 5)`,
    );
    const other = await emptyDatabase();
    await copy(source, other);
    const { rows } = await within(other, (client) =>
      client.query(
        `SELECT count(*)::int AS waiting FROM tasks WHERE finished_at IS NULL AND state = 'queued' AND fed_at IS NULL
            AND worker_id IS NULL AND NOT runs_alone`,
      ),
    );
    expect(rows).toEqual([{ waiting: 5 }]);
  });

  it('marks images without bytes as deleted', async () => {
    const other = await emptyDatabase();
    const { rows } = await within(source, (client) =>
      client.query<{ id: string }>('SELECT id FROM images WHERE deleted_at IS NULL ORDER BY id LIMIT 2'),
    );
    const ids = rows.map(({ id }) => id);
    await copy(source, other, ids);
    const left = await within(other, (client) =>
      client.query('SELECT FROM images WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL', [ids]),
    );
    expect(left.rowCount).toBe(0);
  });
});

describe('a dump of another release', () => {
  it('of an older one gets the schema of then, and is migrated afterwards', async () => {
    const old = neededMigrations.slice(0, 8);
    const [from, to] = [await emptyDatabase(), await emptyDatabase()];
    await migrate(from, { only: new Set(old) });
    await runSql(
      from,
      `INSERT INTO api_keys (id, name, prefix, hash) VALUES (gen_random_uuid(), 'shop', 'cc_', 'x')`,
    );

    await copy(from, to);
    expect(await rowsOf(to, 'api_keys')).toEqual(await rowsOf(from, 'api_keys'));
    expect(await migrate(to)).toEqual({ applied: neededMigrations.slice(8) });
  });

  it('of a newer one is refused', () => {
    expect(() => checkDump({ migrations: [...neededMigrations, '2999_next'], tables: [] })).toThrow(
      'The backup was made by a newer release, with the migration 2999_next: restore it with that release.',
    );
  });

  it('of an empty database is refused', async () => {
    await expect(openDump(await emptyDatabase())).rejects.toThrow('The database is empty');
  });
});
