import type pg from 'pg';
import { migrate, ourMigrations } from '../migrate.js';
import { connect, quoted, readTables, readTypes } from './catalog.js';
import type { DumpHead, Sequences } from './catalog.js';

/** Fills a new database from a dump. Nothing can be seen before it is finished. */
export type Load = {
  /** @returns the number of rows */
  readonly insert: (table: string, lines: string) => Promise<number>;
  /** @param lostImages ids of images whose bytes the backup lacks; they count as deleted */
  readonly finish: (sequences: Sequences, lostImages: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A dump whose schema this release does not know. */
class NewerDump extends Error {
  constructor(migration: string) {
    super(
      `The backup was made by a newer release, with the migration ${migration}: restore it with that release.`,
    );
  }
}

/** @throws NewerDump */
export const checkDump = ({ migrations }: DumpHead): void => {
  const known = new Set(ourMigrations().map(({ name }) => name));
  const unknown = migrations.find((name) => !known.has(name));
  if (unknown !== undefined) throw new NewerDump(unknown);
};

const insertSql = async (
  client: pg.Client,
  { name, columns }: DumpHead['tables'][number],
): Promise<string> => {
  const types = await readTypes(client, name);
  const values = columns.map((column, i) => {
    const type = types.get(column);
    if (type === undefined)
      throw new Error(`The backup has a column ${name}.${column}, which its schema lacks.`);
    return `(line->>${i})::${type}`;
  });
  // jsonb finds a value at once; json reads the row anew for each column, which took twelve times as long.
  return `INSERT INTO ${quoted(name)} (${columns.map(quoted).join(', ')}) OVERRIDING SYSTEM VALUE
          SELECT ${values.join(', ')} FROM jsonb_array_elements($1::jsonb) AS line`;
};

/** What belongs to the workers and the queue of the copied installation, which are gone. */
const goneTables = new Set(['claimants', 'workers']);
const goneValues: Readonly<Record<string, string>> = {
  state: `'queued'`,
  fed_at: 'NULL',
  checked_at: 'NULL',
  worker_id: 'NULL',
  runs_alone: 'false',
};

/** Puts tasks that were in hand back into the line. The schema of an older release has less of this. */
const startAnew = async (client: pg.Client, tables: DumpHead['tables']): Promise<void> => {
  for (const { name } of tables.filter(({ name }) => goneTables.has(name)))
    await client.query(`DELETE FROM ${quoted(name)}`);
  const columns = tables.find(({ name }) => name === 'tasks')?.columns ?? [];
  const changes = Object.entries(goneValues).filter(([column]) => columns.includes(column));
  const set = changes.map(([column, value]) => `${column} = ${value}`).join(', ');
  if (set) await client.query(`UPDATE tasks SET ${set} WHERE finished_at IS NULL`);
};

const setSequences = async (client: pg.Client, sequences: Sequences): Promise<void> => {
  for (const [name, last] of Object.entries(sequences))
    await client.query('SELECT setval($1::regclass, $2::bigint)', [quoted(name), last]);
};

/**
 * Makes the schema as it was when the dump was made. The next start migrates it further.
 * @param databaseUrl of an empty database
 */
export const openLoad = async (databaseUrl: string, head: DumpHead): Promise<Load> => {
  checkDump(head);
  await migrate(databaseUrl, { only: new Set(head.migrations) });
  const client = await connect(databaseUrl);
  const tables = new Map(head.tables.map((table) => [table.name, table]));
  const statements = new Map<string, string>();

  await client.query('BEGIN');
  // Migrations fill some tables, and note themselves with new ids.
  const made = (await readTables(client)).map(({ name }) => quoted(name));
  await client.query(`TRUNCATE ${made.join(', ')}`);
  return {
    insert: async (name, lines) => {
      const table = tables.get(name);
      if (!table) throw new Error(`The backup has rows of ${name}, which its head does not name.`);
      const sql = statements.get(name) ?? (await insertSql(client, table));
      statements.set(name, sql);
      const { rowCount } = await client.query(sql, [`[${lines.trimEnd().split('\n').join(',')}]`]);
      return rowCount ?? 0;
    },
    finish: async (sequences, lostImages) => {
      await setSequences(client, sequences);
      await client.query(
        'UPDATE images SET deleted_at = now() WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL',
        [lostImages],
      );
      await startAnew(client, head.tables);
      await client.query('COMMIT');
    },
    close: () => client.end(),
  };
};
