import pg from 'pg';

/** What each program may do with which table. No role gets a table that is not named, nor any that it may change in shape. */
const read = 'SELECT';
const append = 'SELECT, INSERT';
const write = 'SELECT, INSERT, UPDATE';
const all = 'SELECT, INSERT, UPDATE, DELETE';

type Grants = Readonly<Record<string, string>>;

const gateway: Grants = {
  api_keys: 'SELECT, UPDATE (last_used_at)',
  tasks: write,
  images: write,
  jobs: write,
  job_items: write,
  deliveries: write,
  delivery_attempts: read,
  sessions: all,
  session_items: all,
  turns: write,
  usage_entries: append,
  usage_days: read,
  workers: read,
  claimants: read,
  served_models: read,
  // For the check of doctor.
  backups: read,
};

const worker: Grants = {
  // To share the line. The hashes stay unread.
  api_keys: 'SELECT (id, share)',
  tasks: 'SELECT, UPDATE',
  images: all,
  deliveries: append,
  turns: write,
  usage_entries: append,
  workers: all,
  claimants: all,
  served_models: write,
  backups: read,
};

const dispatcher: Grants = {
  // The status page creates and limits keys.
  api_keys: write,
  tasks: all,
  images: all,
  jobs: 'SELECT, UPDATE, DELETE',
  job_items: 'SELECT, UPDATE, DELETE',
  deliveries: all,
  delivery_attempts: all,
  sessions: 'SELECT, DELETE',
  session_items: 'SELECT, DELETE',
  turns: all,
  usage_entries: all,
  usage_days: write,
  outcome_hours: all,
  backups: read,
  workers: all,
  claimants: all,
  served_models: read,
  webhook_secrets: write,
};

/** By program. Each may also read which migrations were applied, and use the queue. */
export const tableGrants = { gateway, worker, dispatcher } as const;

const HISTORY = '_prisma_migrations';
const QUEUE_SCHEMA = 'bullmq';

/** Of the transactions that change rights, which would meet in the catalogue otherwise. */
const lockKey = 72_707_372;

/** The role of a program. */
export const roleOf = (prefix: string, program: string): string => `${prefix}_${program}`;

const checkRole = async (client: pg.Client, role: string): Promise<void> => {
  const { rows } = await client.query<{ isOwner: boolean }>(
    `SELECT rolsuper OR pg_has_role(oid, current_user, 'MEMBER') AS "isOwner" FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  const hint = 'see "A role for each program" in docs/operations.md';
  if (!rows[0]) throw new Error(`There is no role ${role}: ${hint}.`);
  if (rows[0].isOwner)
    throw new Error(
      `The role ${role} has all rights of the owner, so that nothing is kept from it: ${hint}.`,
    );
};

/** Grants of columns are written behind the verb. */
const grantOn = (table: string, rights: string, role: string): string =>
  `GRANT ${rights} ON ${pg.escapeIdentifier(table)} TO ${role}`;

const sequencesOf = async (client: pg.Client, tables: readonly string[]): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT pg_get_serial_sequence(quote_ident(table_name), column_name) AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = ANY($1)
        AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL`,
    [tables],
  );
  return rows.map(({ name }) => name);
};

const hasQueue = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [QUEUE_SCHEMA]);
  return rows.length > 0;
};

/** Replaces all rights that the role has in this database. */
const grantTo = async (client: pg.Client, name: string, grants: Grants): Promise<void> => {
  const role = pg.escapeIdentifier(name);
  const run = async (sql: string) => void (await client.query(sql));
  await run(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`);
  await run(`REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${role}`);
  await run(`GRANT USAGE ON SCHEMA public TO ${role}`);
  await run(grantOn(HISTORY, read, role));
  for (const [table, rights] of Object.entries(grants)) await run(grantOn(table, rights, role));
  const appended = Object.keys(grants).filter((table) => grants[table]?.includes('INSERT'));
  for (const sequence of await sequencesOf(client, appended))
    await run(`GRANT USAGE ON SEQUENCE ${sequence} TO ${role}`);
  if (!(await hasQueue(client))) return;
  await run(`GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${role}`);
  await run(`GRANT ${all} ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${role}`);
  await run(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${role}`);
  await run(`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO ${role}`);
};

/**
 * Gives the role of each program, such as `clearcut_worker`, what it needs in a migrated database, and nothing else. It
 * may run again at any time, also while the programs run.
 * @param databaseUrl for the owner of the tables
 * @throws Error when a role is missing, or has the owner's rights
 */
export const grantRoles = async (databaseUrl: string, prefix: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A lost connection also rejects the next query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    for (const [program, grants] of Object.entries(tableGrants)) {
      const role = roleOf(prefix, program);
      await checkRole(client, role);
      await grantTo(client, role, grants);
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
};
