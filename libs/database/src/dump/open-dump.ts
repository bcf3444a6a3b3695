import type pg from 'pg';
import { checkHistory, readHistory } from '../migration-history.js';
import { connect, quoted, readSequences, readTables } from './catalog.js';
import type { DumpHead, DumpTable, Sequences } from './catalog.js';

/** Rows of one table, one in each line: a JSON array of its columns as text. */
export type DumpPage = { readonly table: string; readonly rows: number; readonly lines: string };

export type StoredKey = { readonly id: string; readonly storageKey: string };

/** A view of the database as it was at one moment, whatever programs write meanwhile. */
export type Dump = {
  readonly head: DumpHead;
  readonly pages: () => AsyncGenerator<DumpPage>;
  /** The images whose bytes exist. */
  readonly images: () => AsyncGenerator<StoredKey[]>;
  readonly sequences: () => Promise<Sequences>;
  readonly close: () => Promise<void>;
};

const PAGE_ROWS = 500;

/** Reads a query page by page, so that memory stays small. */
async function* pagesOf<R extends pg.QueryResultRow>(client: pg.Client, sql: string): AsyncGenerator<R[]> {
  await client.query(`DECLARE page NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const { rows } = await client.query<R>(`FETCH ${PAGE_ROWS} FROM page`);
    if (rows.length === 0) break;
    yield rows;
  }
  await client.query('CLOSE page');
}

const selectLines = ({ name, columns }: DumpTable) =>
  `SELECT to_json(ARRAY[${columns.map((column) => `${quoted(column)}::text`).join(', ')}])::text AS line
     FROM ${quoted(name)}`;

const readHead = async (client: pg.Client): Promise<DumpHead> => {
  const history = await readHistory(client);
  if (!history) throw new Error('The database is empty: nothing ever ran on it.');
  checkHistory(history);
  return { migrations: history.map(({ name }) => name), tables: await readTables(client) };
};

/**
 * Opens a consistent view of the database. It needs no right beyond reading, and holds up no writer.
 * @throws Error when the database is empty or cannot be read
 */
export const openDump = async (databaseUrl: string): Promise<Dump> => {
  const client = await connect(databaseUrl);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const head = await readHead(client);
    return {
      head,
      async *pages() {
        for (const table of head.tables)
          for await (const rows of pagesOf<{ line: string }>(client, selectLines(table)))
            yield {
              table: table.name,
              rows: rows.length,
              lines: rows.map(({ line }) => `${line}\n`).join(''),
            };
      },
      images: () =>
        pagesOf<StoredKey>(
          client,
          `SELECT id::text AS id, storage_key AS "storageKey" FROM images WHERE deleted_at IS NULL`,
        ),
      sequences: () => readSequences(client),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
};
