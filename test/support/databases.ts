import { randomUUID } from 'node:crypto';
import pg from 'pg';

export const TEMPLATE = 'clearcut_template';

const serverUrl = (): string => {
  const url = process.env['TEST_POSTGRES'];
  if (!url) throw new Error('TEST_POSTGRES is not set: run the tests by npm test');
  return url;
};

const admin = async (sql: string) => {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** @returns the URL of a new database, empty or copied from the template */
export const createDatabase = async (name: string, template = 'template0'): Promise<string> => {
  await admin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return Object.assign(new URL(serverUrl()), { pathname: `/${name}` }).href;
};

/** @returns the URL of a migrated database for one test file */
export const freshDatabase = (): Promise<string> =>
  createDatabase(`t_${randomUUID().replaceAll('-', '')}`, TEMPLATE);

/** Runs SQL directly, without our code. */
export const runSql = async (databaseUrl: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};
