import { expect } from '@jest/globals';
import pg from 'pg';
import type { Database } from '#database';

const tables = ['tasks', 'images', 'deliveries', 'delivery_attempts'];

/** What the driver makes text of. */
type Value = string | number | boolean | Date | null | undefined;

type Statement = { readonly sql: string; readonly values: (Value | Value[])[] };
type Plan = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
};
type Explained = { 'QUERY PLAN': [{ Plan: Plan }] };

/** Calls `note` with what Prisma and the hot statements send to Postgres. */
const noteStatements = (connection: pg.PoolClient, note: (statement: Statement) => void) => {
  const query = connection.query.bind(connection) as (...args: unknown[]) => unknown;
  const noting = (sent: string | pg.QueryConfig, ...rest: unknown[]) => {
    const { text, values = rest[0] } = typeof sent === 'string' ? { text: sent } : sent;
    if (/\b(?:FROM|INTO|UPDATE)\b/i.test(text))
      note({ sql: text, values: Array.isArray(values) ? (values as Statement['values']) : [] });
    return query(sent, ...rest);
  };
  connection.query = noting as typeof connection.query;
};

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
const ofHistory = (plan: Plan) =>
  nodesOf(plan).filter((node) => tables.includes(node['Relation Name'] ?? ''));

const scansOf = (plan: Plan) =>
  ofHistory(plan).flatMap((node) =>
    node['Node Type'] === 'Seq Scan' ? [`sequential scan of ${node['Relation Name']}`] : [],
  );

const rowsRead = (plan: Plan) =>
  ofHistory(plan)
    .filter((node) => node['Node Type'].endsWith('Scan'))
    .reduce(
      (sum, node) =>
        sum +
        ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1),
      0,
    );

const textOf = (value: Value): string => (value instanceof Date ? value.toISOString() : `${value}`);
const elementOf = (value: Value): string => (value == null ? 'NULL' : JSON.stringify(textOf(value)));
const literalOf = (value: Value | Value[]): string => {
  if (value == null) return 'NULL';
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.map(elementOf).join(',')}}` : textOf(value));
};

const createAnalyze = (client: pg.Client) => {
  const planOf = async (explain: string, values: unknown[] = []): Promise<Plan> =>
    (await client.query<Explained>(explain, values)).rows[0]!['QUERY PLAN'][0].Plan;

  /** Runs the work and takes back what it wrote. */
  const takenBack = async (work: () => Promise<Plan>): Promise<Plan> => {
    await client.query('BEGIN');
    try {
      return await work();
    } finally {
      await client.query('ROLLBACK');
    }
  };

  return {
    /** The plan for these values. */
    custom: ({ sql, values }: Statement) =>
      takenBack(() => planOf(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values)),
    /** The plan that serves all values of the parameters, which Postgres may take after five runs. */
    generic: ({ sql, values }: Statement) =>
      takenBack(async () => {
        await client.query('SET LOCAL plan_cache_mode = force_generic_plan');
        await client.query(`PREPARE watched AS ${sql}`);
        const args = values.length > 0 ? `(${values.map(literalOf).join(', ')})` : '';
        try {
          return await planOf(`EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE watched${args}`);
        } finally {
          await client.query('DEALLOCATE watched');
        }
      }),
    /** The plan alone. */
    unrun: ({ sql }: Statement) => planOf(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${sql}`),
  };
};

export type WatchedDatabase = {
  readonly database: Database;
  readonly client: pg.Client;
  /** The statements since the last call of `forget`. */
  readonly statements: () => readonly Statement[];
  readonly forget: () => void;
  /** What the work's statements read of tasks, images and deliveries beyond `maxRows`, by either kind of plan. */
  readonly faultsOf: (work: () => Promise<unknown>, maxRows: number) => Promise<string[]>;
  readonly close: () => Promise<void>;
};

/** Opens a database, and notes its statements to explain them. */
export const openWatchedDatabase = async (
  url: string,
  openDatabaseOn: (pool: pg.Pool) => Database,
): Promise<WatchedDatabase> => {
  let statements: Statement[] = [];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const pool = new pg.Pool({ connectionString: url });
  pool.on('connect', (connection) => noteStatements(connection, (statement) => statements.push(statement)));
  const database = openDatabaseOn(pool);
  const analyze = createAnalyze(client);

  const faultsOfOne = async (statement: Statement, maxRows: number): Promise<string[]> => {
    // What an insert of values reads does not depend on the history, and it cannot be repeated.
    const isInsert = /^\s*INSERT/i.test(statement.sql);
    const plans = isInsert
      ? { generic: await analyze.unrun(statement) }
      : { custom: await analyze.custom(statement), generic: await analyze.generic(statement) };
    const found = Object.entries(plans).flatMap(([kind, plan]) => {
      const read = rowsRead(plan);
      const faults = read > maxRows ? [...scansOf(plan), `${read} rows read`] : scansOf(plan);
      return faults.map((fault) => `${kind} plan: ${fault}`);
    });
    return found.map((fault) => `${fault}: ${statement.sql.replaceAll(/\s+/g, ' ')}`);
  };

  return {
    database,
    client,
    statements: () => statements,
    forget: () => (statements = []),
    faultsOf: async (work, maxRows) => {
      statements = [];
      await work();
      const sent = statements.filter(({ sql }) => tables.some((table) => sql.includes(table)));
      expect(sent.length).toBeGreaterThan(0);
      const faults: string[] = [];
      for (const statement of sent) faults.push(...(await faultsOfOne(statement, maxRows)));
      return faults;
    },
    close: async () => {
      await database.$disconnect();
      await client.end();
    },
  };
};
