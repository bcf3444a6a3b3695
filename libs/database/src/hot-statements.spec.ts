import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freshDatabase } from '#test/databases';
import { writeHistory } from '#test/history';
import { newTaskOf } from '#test/new-task';
import { openDatabaseOn } from './client.js';
import {
  backlogs,
  cancelTask,
  claimTask,
  countInFlight,
  deviceLine,
  endPauses,
  endUnwanted,
  expireImages,
  failTask,
  feedDevice,
  feedRemote,
  findEnded,
  findImage,
  findImages,
  findOrphans,
  findStandings,
  findTask,
  findTasks,
  finishTask,
  forgetFailedAddresses,
  forgetImages,
  forgetTasks,
  insertTask,
  lanesInUse,
  listTasks,
  longestWaiting,
  outcomesOfTheDay,
  paceOf,
  pendingDeliveries,
  queueDepths,
  remoteLine,
  spentThisMonth,
  suspectTasks,
  takeDueDeliveries,
  takeUnchecked,
  troubledDeliveries,
  waitingLanes,
  type Database,
} from './index.js';

const ROWS = 50_000;
/** A page of listTasks looks at 5,000 tasks at most. */
const MAX_ROWS_READ = 6_000;
const tables = ['tasks', 'images', 'deliveries', 'delivery_attempts'];
const model = 'runware:109@1';

type Statement = { readonly sql: string; readonly values: unknown[] };
type Plan = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
};

let url: string;
let statements: Statement[] = [];
let database: Database;
let client: pg.Client;
let history: { ownerId: string; taskUuid: string; taskId: string; imageId: string };

/** Notes what Prisma and the hot statements send to Postgres. */
const noteStatements = (connection: pg.PoolClient) => {
  const query = connection.query.bind(connection) as (...args: unknown[]) => unknown;
  const note = (sent: string | pg.QueryConfig, ...rest: unknown[]) => {
    const { text, values = rest[0] } = typeof sent === 'string' ? { text: sent } : sent;
    if (/\b(?:FROM|INTO|UPDATE)\b/i.test(text))
      statements.push({ sql: text, values: Array.isArray(values) ? values : [] });
    return query(sent, ...rest);
  };
  connection.query = note as typeof connection.query;
};

beforeAll(async () => {
  url = await freshDatabase();
  client = new pg.Client({ connectionString: url });
  await client.connect();
  const pool = new pg.Pool({ connectionString: url });
  pool.on('connect', (connection) => noteStatements(connection));
  database = openDatabaseOn(pool);
  history = await writeHistory(client, ROWS);
}, 120_000);
afterAll(async () => {
  await database.$disconnect();
  await client.end();
});

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
const ofHistory = (plan: Plan) =>
  nodesOf(plan).filter((node) => tables.includes(node['Relation Name'] ?? ''));

/** Runs the statement and takes it back. */
const analyze = async ({ sql, values }: Statement): Promise<Plan> => {
  await client.query('BEGIN');
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      values,
    );
    return rows[0]!['QUERY PLAN'][0].Plan;
  } finally {
    await client.query('ROLLBACK');
  }
};

/** The plan that serves all values of the parameters, which Postgres may take after five runs. */
const explainGeneric = async ({ sql }: Statement): Promise<Plan> => {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${sql}`,
  );
  return rows[0]!['QUERY PLAN'][0].Plan;
};

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

/** What the work's statements read that grows with the history. */
const faultsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  statements = [];
  await work();
  const sent = statements.filter(({ sql }) => tables.some((table) => sql.includes(table)));
  expect(sent.length).toBeGreaterThan(0);
  const faults: string[] = [];
  for (const statement of sent) {
    // What an insert of values reads does not depend on the history, and it cannot be repeated.
    const plan = await (/^\s*INSERT/i.test(statement.sql) ? explainGeneric(statement) : analyze(statement));
    const read = rowsRead(plan);
    const found = [
      ...scansOf(plan),
      ...scansOf(await explainGeneric(statement)).map((scan) => `generic ${scan}`),
    ];
    if (read > MAX_ROWS_READ) found.push(`${read} rows read`);
    faults.push(...found.map((fault) => `${fault}: ${statement.sql.replaceAll(/\s+/g, ' ')}`));
  }
  return faults;
};

const newTask = (ownerId = history.ownerId) => newTaskOf(ownerId, { model });
const newImage = (id: string, ownerId = history.ownerId) => ({
  id,
  ownerId,
  storageKey: `inputs/${id.slice(0, 2)}/${id}.png`,
  contentType: 'image/png',
  bytes: 1,
  width: 1,
  height: 1,
});
const accept = async () => {
  const task = newTask();
  await findStandings(database, [task]);
  return insertTask(database, task, 1, newImage(task.inputImageId));
};
/** Statements that look at each owner who waits run only for those. */
const acceptForAllOwners = async () => {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM api_keys');
  for (const { id } of rows) {
    const task = newTask(id);
    await insertTask(database, task, 1, newImage(task.inputImageId, id));
  }
  statements = [];
};
const inHand = { byEndpoint: {}, byName: {}, byOwner: {}, closed: [], probed: [] };

describe(`a database with ${ROWS} tasks`, () => {
  const hot: Record<string, () => Promise<unknown>> = {
    'accept a task': accept,
    "count an owner's tasks in flight": () => countInFlight(database, history.ownerId),
    "count a key's tasks in flight": () => countInFlight(database, history.ownerId, history.ownerId),
    'sum up what a key has spent': () => spentThisMonth(database, history.ownerId, history.ownerId),
    'answer getResponse': async () => {
      const task = await findTask(database, history.ownerId, history.taskUuid);
      return findImage(database, task!.outputImageId);
    },
    'answer many calls of getResponse': () =>
      findTasks(
        database,
        Array.from({ length: 100 }, () => ({ ownerId: history.ownerId, taskUuid: randomUUID() })),
      ),
    'find images that tasks name': () => findImages(database, [history.imageId, randomUUID()]),
    "list an owner's tasks": () => listTasks(database, { ownerId: history.ownerId, limit: 100 }),
    "list an owner's failed tasks": () =>
      listTasks(database, { ownerId: history.ownerId, status: 'cancelled', limit: 100 }),
    'find ended tasks': () => findEnded(database, [history.taskId]),
    'feed the device': async () => {
      await endPauses(database);
      await waitingLanes(database);
      await feedDevice(database, model);
    },
    'feed remote stages': () => feedRemote(database, 'fetch'),
    'claim and fail a task': async () => {
      const claim = await claimTask(database, (await accept())!.id);
      await failTask(database, claim!, { code: 'inferenceError', message: 'It failed.', details: {} });
    },
    'claim and finish a task': async () => {
      const claim = (await claimTask(database, (await accept())!.id))!;
      const run = { provider: 'cpu', device: 'cpu', weightsSha256: '' };
      const success = { image: newImage(claim.outputImageId), cost: '0.001', run, stages: {} };
      await finishTask(database, claim, success);
    },
    'cancel a task': () => cancelTask(database, { ownerId: history.ownerId, taskUuid: randomUUID() }),
    'end unwanted tasks': () => endUnwanted(database),
    sweep: () => takeUnchecked(database, 0, 200),
    'expire images': () => expireImages(database, async () => undefined, 50),
    'take due deliveries': () => takeDueDeliveries(database, { limit: 32, inHand, leaseMs: 1000 }),
    'drop addresses of deliveries': () => forgetFailedAddresses(database),
    'delete old tasks': () => forgetTasks(database, 40, 500),
    'delete old images': () => forgetImages(database, 40, 500),
    'find orphans': () => findOrphans(database, [{ key: 'inputs/ab/none.png', imageId: history.imageId }]),
    'read the metrics': async () => {
      await queueDepths(database);
      await pendingDeliveries(database);
      await lanesInUse(database);
    },
    'find the task that waits longest': () => longestWaiting(database, [model], 1000),
    'tell the place in the line': async () => {
      await deviceLine(database, history.ownerId, model);
      await remoteLine(database, history.ownerId, 'fetch');
      await paceOf(database, model);
    },
    'read the status page': async () => {
      await acceptForAllOwners();
      await queueDepths(database);
      await backlogs(database, 50);
      await suspectTasks(database, 50);
      await troubledDeliveries(database, 50);
    },
  };
  it.each(Object.entries(hot))('is not read as a whole to %s', async (_, work) => {
    expect(await faultsOf(work)).toEqual([]);
  });

  it('is not read to count the outcomes of the day', async () => {
    statements = [];
    await outcomesOfTheDay(database);
    expect(statements.filter(({ sql }) => /\btasks\b(?=\s+WHERE)/.test(sql))).toEqual([]);
  });
});
