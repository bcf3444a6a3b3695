import pg from 'pg';

/** A table, and the columns that have values of their own. */
export type DumpTable = { readonly name: string; readonly columns: readonly string[] };

/** What a dump holds, and by which migrations its schema was made. */
export type DumpHead = { readonly migrations: readonly string[]; readonly tables: readonly DumpTable[] };

/** The last value of each sequence that was used. */
export type Sequences = Readonly<Record<string, string>>;

export const quoted = (name: string): string => pg.escapeIdentifier(name);

const inSchema = `relnamespace = current_schema()::regnamespace`;

/** Without generated columns. Those of one type are cast as text, so every value survives exactly. */
const tablesSql = `
  SELECT relname AS name, array_agg(attname::text ORDER BY attnum) AS columns
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
   WHERE ${inSchema} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
   GROUP BY relname ORDER BY relname`;

const referencesSql = `
  SELECT child.relname AS child, parent.relname AS parent FROM pg_constraint
    JOIN pg_class child ON child.oid = conrelid
    JOIN pg_class parent ON parent.oid = confrelid
   WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conrelid <> confrelid`;

/** @returns the tables, each after those that it refers to */
export const readTables = async (client: pg.ClientBase): Promise<DumpTable[]> => {
  const { rows } = await client.query<DumpTable>(tablesSql);
  const references = await client.query<{ child: string; parent: string }>(referencesSql);
  const waiting = new Map(rows.map((table) => [table.name, table]));
  const sorted: DumpTable[] = [];
  while (waiting.size > 0) {
    const isFree = ({ name }: DumpTable) =>
      !references.rows.some(({ child, parent }) => child === name && waiting.has(parent));
    const free = [...waiting.values()].filter(isFree);
    if (free.length === 0) throw new Error(`Tables refer to each other: ${[...waiting.keys()].join(', ')}.`);
    for (const table of free) waiting.delete(table.name);
    sorted.push(...free);
  }
  return sorted;
};

export const readSequences = async (client: pg.ClientBase): Promise<Sequences> => {
  const { rows } = await client.query<{ name: string; last: string }>(
    `SELECT sequencename AS name, last_value::text AS last FROM pg_sequences
      WHERE schemaname = current_schema() AND last_value IS NOT NULL`,
  );
  return Object.fromEntries(rows.map(({ name, last }) => [name, last]));
};

/** The type of each column of a table, as a cast names it. */
export const readTypes = async (
  client: pg.ClientBase,
  table: string,
): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE ${inSchema} AND relname = $1 AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
};

export const connect = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString });
  // A lost connection also rejects the next query, so the event needs no handling.
  client.on('error', () => {});
  await client.connect();
  return client;
};
