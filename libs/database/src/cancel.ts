import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './client.js';
import { Prisma } from './generated/client.js';
import type { StoredProblem } from './claims.js';

/** A task to cancel: the current use of an owner's taskUUID, or a row that no other caller wants. */
export type ToCancel =
  { readonly ownerId: string; readonly taskUuid: string } | { readonly abandonedId: string };

/** Tasks that ended while they waited, by their model and the lane in which they waited. */
export type EndedWaiting = {
  readonly model: string | null;
  readonly lane: string;
  readonly count: number;
};

/** What is stored of tasks that were cancelled, and of those past their deadline. */
export const endingProblems = {
  cancelled: { code: 'taskCancelled', message: 'The task was cancelled.', details: {} },
  overdue: {
    code: 'deadlineExceeded',
    message: 'The task was not done by its deadline, and was given up.',
    details: { parameter: 'deadline' },
  },
  poisoned: {
    code: 'inferenceError',
    message:
      'A worker ended by itself while it had only this task in hand, after others had vanished with it. It was given up.',
    details: {},
  },
} as const satisfies Record<string, StoredProblem>;

/** A UUIDv7 like those that Prisma makes, which Postgres makes by itself only from 18 on. */
export const nextId = Prisma.sql`encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
  substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`;

/** Rows of one statement. It keeps locks short, and lets feeders and workers in between. */
const BATCH = 1_000;

/** A lock on many rows leaves out those that a feeder or worker holds just now, so that locks never wait for each other. */
const locks = { one: Prisma.sql`FOR UPDATE`, many: Prisma.sql`FOR UPDATE SKIP LOCKED` } as const;

/** The sealed addresses of poisoned tasks are kept for a replay. */
const kept = (column: string): Prisma.Sql =>
  Prisma.raw(`CASE WHEN tasks.poisoned_at IS NOT NULL THEN tasks.${column} END`);

/** Ends waiting tasks like `failTask` does. A result that waits for its upload expires. */
const endBatch = async (
  database: Database,
  where: Prisma.Sql,
  problem: StoredProblem,
  lock: Prisma.Sql = locks.many,
): Promise<EndedWaiting[]> =>
  database.$queryRaw<EndedWaiting[]>`
    WITH waiting AS MATERIALIZED (
      SELECT id, owner_id, key_id, model, stage, webhook_url, webhook_host, output_image_id FROM tasks
       WHERE finished_at IS NULL AND state = 'queued' AND ${where}
       LIMIT ${BATCH} ${lock}
    ), ended AS (
      UPDATE tasks
         SET state = 'failed', problem = ${JSON.stringify(problem)}::jsonb, cost = NULL, finished_at = now(),
             input_url = ${kept('input_url')}, further_images = ${kept('further_images')},
             upload_url = ${kept('upload_url')}, webhook_url = ${kept('webhook_url')}
        FROM waiting WHERE tasks.id = waiting.id
   RETURNING waiting.*
    ), told AS (
      INSERT INTO deliveries (id, task_id, url, host)
      SELECT id, id, webhook_url, coalesce(webhook_host, '') FROM ended WHERE webhook_url IS NOT NULL
    ), counted AS (
      INSERT INTO usage_entries (owner_id, key_id, model, is_failed, cost, megapixels, code)
      SELECT owner_id, coalesce(key_id, owner_id), coalesce(model, ''), true, 0, 0, ${problem.code} FROM ended
    ), dropped AS (
      UPDATE images SET expires_at = now() FROM ended WHERE images.id = ended.output_image_id
    )
    SELECT model, CASE stage WHEN 'device' THEN model ELSE stage::text END AS lane, count(*)::int AS count
      FROM ended GROUP BY 1, 2`;

const endAll = async (
  database: Database,
  where: Prisma.Sql,
  problem: StoredProblem,
): Promise<EndedWaiting[]> => {
  const all: EndedWaiting[] = [];
  for (;;) {
    const batch = await endBatch(database, where, problem);
    all.push(...batch);
    if (batch.reduce((sum, { count }) => sum + count, 0) < BATCH) return all;
  }
};

const whereOf = (wanted: ToCancel): Prisma.Sql =>
  'abandonedId' in wanted
    ? Prisma.sql`id = ${wanted.abandonedId}::uuid AND cancel_on_disconnect`
    : Prisma.sql`owner_id = ${wanted.ownerId}::uuid AND task_uuid = ${wanted.taskUuid}::uuid`;

/** `requested`: the task runs, and its worker was asked to give it up. `none`: there is none that has not ended. */
export type Cancelled =
  { readonly kind: 'ended'; readonly waiting: EndedWaiting[] } | { readonly kind: 'requested' | 'none' };

/** Ends a task at once if it waits. Otherwise its worker gives it up, or the next that claims it. */
export const cancelTask = async (database: Database, wanted: ToCancel): Promise<Cancelled> => {
  const where = whereOf(wanted);
  const waiting = await endBatch(database, where, endingProblems.cancelled, locks.one);
  if (waiting.length > 0) return { kind: 'ended', waiting };
  const count = await database.$executeRaw`
    UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, now())
     WHERE finished_at IS NULL AND ${where}`;
  return { kind: count > 0 ? 'requested' : 'none' };
};

/** How often rows are tried again that a feeder held. */
const MAX_PASSES = 5;
const PAUSE_MS = 50;

/**
 * Ends all of an owner's tasks that wait. Those that run go on.
 * @param keyId ends only what this key of the owner sent; older gateways did not note it
 */
export const cancelAllWaiting = async (
  database: Database,
  ownerId: string,
  keyId?: string,
): Promise<EndedWaiting[]> => {
  const ofKey =
    keyId === undefined ? Prisma.empty : Prisma.sql`AND coalesce(key_id, owner_id) = ${keyId}::uuid`;
  const where = Prisma.sql`owner_id = ${ownerId}::uuid ${ofKey}`;
  const ended: EndedWaiting[] = [];
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    ended.push(...(await endAll(database, where, endingProblems.cancelled)));
    const left = await database.$queryRaw<unknown[]>`
      SELECT 1 FROM tasks WHERE finished_at IS NULL AND state = 'queued' AND ${where} LIMIT 1`;
    if (left.length === 0) break;
    await sleep(PAUSE_MS);
  }
  return ended;
};

/** Ends those of these tasks that wait. Those that run go on. */
export const cancelWaiting = (database: Database, ids: readonly string[]): Promise<EndedWaiting[]> =>
  endAll(database, Prisma.sql`id = ANY(${[...ids]}::uuid[])`, endingProblems.cancelled);

/** The tasks among `ids` that are to be given up. */
export const findCancelRequests = async (database: Database, ids: readonly string[]): Promise<string[]> => {
  const where = { id: { in: [...ids] }, cancelRequestedAt: { not: null } };
  return (await database.task.findMany({ where, select: { id: true } })).map(({ id }) => id);
};

/** Waiting tasks that are to be ended, by why. */
const unwanted = {
  poisoned: Prisma.sql`poisoned_at IS NOT NULL`,
  overdue: Prisma.sql`deadline_at IS NOT NULL AND deadline_at <= now() AND cancel_requested_at IS NULL`,
  cancelled: Prisma.sql`cancel_requested_at IS NOT NULL`,
} as const;

const queuedAnd = (condition: Prisma.Sql) =>
  Prisma.sql`finished_at IS NULL AND state = 'queued' AND ${condition}`;

/** The same as whole conditions, with the column of the index of each. */
export const unwantedTasks = [
  [queuedAnd(unwanted.poisoned), Prisma.sql`poisoned_at`],
  [queuedAnd(unwanted.overdue), Prisma.sql`deadline_at`],
  [queuedAnd(unwanted.cancelled), Prisma.sql`cancel_requested_at`],
] as const;

/** Ends waiting tasks that are past their deadline, those that a worker handed back after they were cancelled, and poison. */
export const endUnwanted = async (
  database: Database,
): Promise<Readonly<Record<keyof typeof endingProblems, EndedWaiting[]>>> => ({
  poisoned: await endAll(database, unwanted.poisoned, endingProblems.poisoned),
  overdue: await endAll(database, unwanted.overdue, endingProblems.overdue),
  cancelled: await endAll(database, unwanted.cancelled, endingProblems.cancelled),
});
