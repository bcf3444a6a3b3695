import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { EmbeddedPostgres } from '#embedded-postgres';

export const TEMPLATE = 'clearcut_template';

/** For a role without special rights, as the programs have it. */
const serverUrl = (name = 'TEST_POSTGRES'): string => {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set: run the tests by npm test`);
  return url;
};

/** The address for the superuser of an embedded Postgres, which programs do not get. */
export const superuserUrl = ({ url, databaseDir }: EmbeddedPostgres): string => {
  const password = readFileSync(join(dirname(databaseDir), 'password'), 'utf8');
  return Object.assign(new URL(url), { username: 'clearcut', password, pathname: '/postgres' }).href;
};

/** Runs SQL as the superuser of the server. */
export const superuserSql = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: serverUrl('TEST_POSTGRES_SUPERUSER') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** @returns the URL of a new database, empty or copied from the template */
export const createDatabase = async (name: string, template = 'template0'): Promise<string> => {
  const { username } = new URL(serverUrl());
  await superuserSql(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${username}`);
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
