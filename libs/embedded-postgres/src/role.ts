import { createHmac } from 'node:crypto';
import pg from 'pg';

export const superuser = 'clearcut';
export const databaseName = 'clearcut';

/** The role of the programs. It owns their database and nothing else, so that it cannot reach files or run programs. */
export const programsRole = 'clearcut_programs';

/** @param secret the password of the superuser */
export const programsPassword = (secret: string): string =>
  createHmac('sha256', secret).update(`role ${programsRole}`).digest('base64url');

/**
 * Creates the database and the role of the programs, and gives all in the database to that role. In clusters of
 * earlier releases all belongs to the superuser, and again after such a release ran in between.
 *
 * @param urlOf the address of a database for the superuser
 */
export async function prepareForPrograms(
  urlOf: (database: string) => string,
  password: string,
): Promise<void> {
  await asSuperuser(urlOf('postgres'), (client) => createDatabase(client));
  await asSuperuser(urlOf(databaseName), async (client) => {
    await client.query('BEGIN');
    await prepareRole(client, password);
    await giveAway(client);
    await client.query('COMMIT');
  });
}

async function asSuperuser(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, ssl: false });
  // A lost connection also rejects the query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
}

async function prepareRole(client: pg.Client, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [programsRole]);
  if (rowCount === 0) await client.query(`CREATE ROLE ${programsRole}`);
  const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  await client.query(`ALTER ROLE ${programsRole} ${rights} PASSWORD ${pg.escapeLiteral(password)}`);
  await client.query(`ALTER DATABASE ${databaseName} OWNER TO ${programsRole}`);
}

/**
 * REASSIGN OWNED refuses the first superuser, so each object is given away by itself. The sequence of a column
 * follows its table, as row types, arrays and indexes do.
 */
const ownedObjects = `
  WITH spaces AS (
    SELECT oid, nspname, nspowner FROM pg_namespace
     WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%')
  SELECT format('SCHEMA %I', nspname) AS name FROM spaces
   WHERE nspowner = $1::regrole
  UNION ALL
  SELECT format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
                                         WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, nspname, relname)
    FROM pg_class JOIN spaces ON spaces.oid = relnamespace
   WHERE relowner = $1::regrole AND relkind IN ('r', 'p', 'S', 'v', 'm')
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                        AND relkind = 'S' AND deptype IN ('a', 'i'))
  UNION ALL
  SELECT format('TYPE %I.%I', nspname, typname) FROM pg_type JOIN spaces ON spaces.oid = typnamespace
   WHERE typowner = $1::regrole AND typtype IN ('e', 'd')
  UNION ALL
  SELECT format('ROUTINE %s', pg_proc.oid::regprocedure) FROM pg_proc JOIN spaces ON spaces.oid = pronamespace
   WHERE proowner = $1::regrole`;

async function giveAway(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(ownedObjects, [superuser]);
  for (const { name } of rows) await client.query(`ALTER ${name} OWNER TO ${programsRole}`);
}
