import { createHash } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { connectionsOf, type Database } from './client.js';
import { DatabaseAway } from './outage.js';
import { Prisma, type Image, type Task as TaskRow } from './generated/client.js';

/**
 * Statements that run for each request go to Postgres without Prisma, which takes ten times as long to read a row.
 * They are prepared once per connection, unless a transaction pooler is in between. So their text must not depend on how
 * many values they get.
 */

const names = new Map<string, string>();

const nameOf = (text: string): string => {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(text).digest('base64url');
  names.set(text, name);
  return name;
};

/** The driver reports a lost connection as a plain error, or one with the system's code. */
const toFault = (error: unknown): unknown => {
  if (!isNativeError(error) || error instanceof pg.DatabaseError) return error;
  const isLost = error.name === 'Error' || 'code' in error;
  return isLost ? new DatabaseAway('Postgres cannot be reached.', { cause: error }) : error;
};

/**
 * The rows of a statement whose text is always the same, each as an array of its columns.
 * @param limitMs without an answer by then, its connection is given up
 * @throws DatabaseAway, or the driver's DatabaseError; `isDatabaseOutage` tells which may pass
 */
export const hotRows = async (
  database: Database,
  sql: Prisma.Sql,
  limitMs?: number,
): Promise<unknown[][]> => {
  const { text, values } = sql;
  const { pool, prepares } = connectionsOf(database);
  try {
    const named = { ...(prepares && { name: nameOf(text) }), text, values, rowMode: 'array' as const };
    // Missing in the driver's types.
    const query = { ...named, ...(limitMs !== undefined && { query_timeout: limitMs }) };
    return (await pool.query<unknown[]>(query)).rows;
  } catch (error) {
    throw toFault(error);
  }
};

/** A condition that is true. The commit of its statement does not wait for the disk, and a crash of Postgres may undo it. */
export const withoutWaitForDisk = Prisma.sql`set_config('synchronous_commit', 'off', true) = 'off'`;

export const columnOf = (field: string): string =>
  field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The columns of these fields, in their order. */
export const columnsOf = (table: string, fields: readonly string[]): Prisma.Sql =>
  Prisma.raw(fields.map((field) => `${table}.${columnOf(field)}`).join(', '));
export const namesOf = (fields: readonly string[]): Prisma.Sql => Prisma.raw(fields.map(columnOf).join(', '));

export const taskFields = Object.values(Prisma.TaskScalarFieldEnum);
export const imageFields = Object.values(Prisma.ImageScalarFieldEnum);

/** Makes records of these fields of the columns from `start` on. */
const createReader = (fields: readonly string[]) => {
  const empty: Record<string, unknown> = Object.fromEntries(fields.map((field) => [field, null]));
  return (row: readonly unknown[], start: number): Record<string, unknown> => {
    const record = { ...empty };
    for (const [i, field] of fields.entries()) record[field] = row[start + i];
    return record;
  };
};

const readTask = createReader(taskFields);
const readImage = createReader(imageFields);

const toDecimal = (text: unknown) => (typeof text === 'string' ? new Prisma.Decimal(text) : null);

/** The task whose columns begin the row, as Prisma would read it. */
export const toTask = (row: readonly unknown[]): TaskRow => {
  const record = readTask(row, 0);
  return { ...record, cost: toDecimal(record['cost']), estimate: toDecimal(record['estimate']) } as TaskRow;
};

/** The image whose columns begin at `start`; null where a join found none. */
export const toImage = (row: readonly unknown[], start: number): Image | null =>
  row[start] === null ? null : (readImage(row, start) as Image);
