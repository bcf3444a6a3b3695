import type { TaskStatus } from '#contract';
import type { Database } from './client.js';
import { Prisma, type Task as TaskRow } from './generated/client.js';
import { StoredProblem } from './claims.js';
import { JOB_END } from './jobs.js';
import { firstIdSince } from './status.js';

/** How a task stands or ended, for callers: a cancelled one is no failure. */
export const statusOf = ({ state, problem }: Pick<TaskRow, 'state' | 'problem'>): TaskStatus => {
  if (state === 'queued') return 'waiting';
  if (state === 'running') return 'running';
  if (state === 'succeeded') return 'success';
  return StoredProblem.parse(problem).code === 'taskCancelled' ? 'cancelled' : 'error';
};

export type TaskFilter = {
  /** All owners' if left out. */
  readonly ownerId?: string | undefined;
  readonly status?: TaskStatus | undefined;
  readonly model?: string | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  /** Id of the last row of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
};

/** Rows that one page with a filter looks at, so that one which few rows fit costs no more than another. */
const MAX_LOOKED_AT = 5_000;

const isCancelled = Prisma.sql`problem ->> 'code' = 'taskCancelled'`;
const conditions: Readonly<Record<TaskStatus, Prisma.Sql>> = {
  waiting: Prisma.sql`state = 'queued'`,
  running: Prisma.sql`state = 'running'`,
  success: Prisma.sql`state = 'succeeded'`,
  error: Prisma.sql`state = 'failed' AND NOT (${isCancelled})`,
  cancelled: Prisma.sql`state = 'failed' AND ${isCancelled}`,
};

const allOf = (parts: readonly (Prisma.Sql | undefined)[]): Prisma.Sql =>
  Prisma.join([Prisma.sql`true`, ...parts.filter((part) => part !== undefined)], ' AND ');

/** What a list tells of a task. */
const listed = {
  taskType: true,
  taskUuidSent: true,
  model: true,
  state: true,
  problem: true,
  cost: true,
  priority: true,
  outputImageId: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
  deadlineAt: true,
} as const satisfies Partial<Record<keyof TaskRow, true>>;
export type ListedRow = Pick<TaskRow, keyof typeof listed>;

/** A page of tasks, newest first. `next` is set when there may be more. */
export type TaskPage = { readonly tasks: ListedRow[]; readonly next: string | undefined };

/** Ids are UUIDv7, so that times of acceptance are ranges of ids. */
const rangeOf = ({ ownerId, from, to, after }: TaskFilter): Prisma.Sql =>
  allOf([
    // The end of a job is recorded like a task, for its webhook.
    Prisma.sql`task_type <> ${JOB_END}`,
    ownerId === undefined ? undefined : Prisma.sql`owner_id = ${ownerId}::uuid`,
    from && Prisma.sql`id >= ${firstIdSince(from.getTime())}::uuid`,
    to && Prisma.sql`id < ${firstIdSince(to.getTime())}::uuid`,
    after === undefined ? undefined : Prisma.sql`id < ${after}::uuid`,
  ]);

const filterOf = ({ status, model }: TaskFilter): Prisma.Sql | undefined =>
  status === undefined && model === undefined
    ? undefined
    : allOf([status && conditions[status], model === undefined ? undefined : Prisma.sql`model = ${model}`]);

export const listTasks = async (database: Database, wanted: TaskFilter): Promise<TaskPage> => {
  const { limit } = wanted;
  const filter = filterOf(wanted);
  const lookedAt = filter ? MAX_LOOKED_AT : limit;
  const [found] = await database.$queryRaw<{ ids: string[] | null; looked: number; last: string | null }[]>`
    WITH looked_at AS MATERIALIZED (
      SELECT id, state, model, problem FROM tasks WHERE ${rangeOf(wanted)} ORDER BY id DESC LIMIT ${lookedAt}
    ), page AS (
      SELECT id FROM looked_at WHERE ${filter ?? Prisma.sql`true`} ORDER BY id DESC LIMIT ${limit}
    )
    SELECT (SELECT array_agg(id::text ORDER BY id DESC) FROM page) AS ids,
           (SELECT count(*)::int FROM looked_at) AS looked,
           (SELECT id::text AS oldest FROM looked_at ORDER BY id LIMIT 1) AS last`;
  const ids = found?.ids ?? [];
  const where = { id: { in: ids } };
  const tasks = await database.task.findMany({ where, orderBy: { id: 'desc' }, select: listed });
  if (ids.length === limit) return { tasks, next: ids.at(-1) };
  return { tasks, next: found?.looked === lookedAt ? (found.last ?? undefined) : undefined };
};
