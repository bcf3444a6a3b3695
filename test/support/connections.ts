import pg from 'pg';
import { until } from './until.js';

/** Less than the minute after which an idle connection ends by itself. */
const HANG_MS = 30_000;

/** Waits until nobody else is connected to a database. */
export const untilDisconnected = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const others =
    'SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
  try {
    const isAlone = async () => (await client.query(others)).rows.length === 0;
    await until('the end of all connections', isAlone, HANG_MS);
  } finally {
    await client.end();
  }
};
