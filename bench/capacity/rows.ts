import type { Database } from '#database';
import type { Measured } from './measured.js';

type Rows = Measured['rows'];

const tables: Readonly<Record<keyof Rows, string>> = {
  tasks: 'tasks',
  images: 'images',
  deliveries: 'deliveries',
  attempts: 'delivery_attempts',
};

/** Bytes of a row with its part of the indexes, once the dead rows are gone. */
const rowBytes = async (database: Database, table: string): Promise<number> => {
  await database.$executeRawUnsafe(`VACUUM (FULL) ${table}`);
  const [row] = await database.$queryRawUnsafe<{ bytes: number }[]>(
    `SELECT pg_total_relation_size('${table}')::float / nullif(count(*), 0) AS bytes FROM ${table}`,
  );
  return Math.round(row?.bytes ?? NaN);
};

export const measureRows = async (database: Database): Promise<Rows> => ({
  tasks: await rowBytes(database, tables.tasks),
  images: await rowBytes(database, tables.images),
  deliveries: await rowBytes(database, tables.deliveries),
  attempts: await rowBytes(database, tables.attempts),
});
