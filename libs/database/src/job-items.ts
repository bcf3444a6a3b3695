import type { Database } from './client.js';
import type { JobItemState, Prisma } from './generated/client.js';
import { lockOwner, PATIENCE, type JobItemRow, type JobRow } from './jobs.js';

/** An item that is to become a task. */
export type TakenItem = Pick<JobItemRow, 'place' | 'source' | 'taskUuid'>;

/** The most items of all open jobs of an owner that are taken, and of one call. */
export type TakeLimits = { readonly inFlight: number; readonly atOnce: number };

export type Taken = {
  readonly items: readonly TakenItem[];
  /** Of all open jobs of the owner, before. */
  readonly inFlight: number;
};

/**
 * Takes the next items of a job, and those that a program took and left without a word. Only who has the lease of the
 * job calls it. The limits hold when other jobs of the owner take theirs at the same time.
 */
export const takeItems = (
  database: Database,
  { id, ownerId }: Pick<JobRow, 'id' | 'ownerId'>,
  limits: TakeLimits,
): Promise<Taken> =>
  database.$transaction(async (transaction) => {
    await lockOwner(transaction, ownerId);
    const inFlight = await countTaken(transaction, ownerId, id);
    const limit = Math.min(limits.inFlight - inFlight, limits.atOnce);
    return { inFlight, items: limit > 0 ? await takeNext(transaction, id, limit) : [] };
  }, PATIENCE);

const takeNext = async (
  database: Prisma.TransactionClient,
  jobId: string,
  limit: number,
): Promise<TakenItem[]> => {
  const items = await database.$queryRaw<TakenItem[]>`
    UPDATE job_items SET state = 'taken'
     WHERE job_id = ${jobId}::uuid AND place = ANY(ARRAY(
       SELECT place FROM job_items
        WHERE job_id = ${jobId}::uuid AND (state = 'waiting' OR state = 'taken' AND task_id IS NULL)
        ORDER BY place LIMIT ${limit}))
 RETURNING place, source, task_uuid::text AS "taskUuid"`;
  if (items.length > 0)
    await database.$executeRaw`
      UPDATE jobs SET started_at = now() WHERE id = ${jobId}::uuid AND started_at IS NULL`;
  return items;
};

/** What became of a taken item: its task, why there is none, or that it waits again. */
export type Submitted = { readonly place: number } & (
  | { readonly state: 'taken'; readonly taskId: string }
  | { readonly state: 'failed'; readonly problem: object }
  | { readonly state: 'waiting' | 'cancelled' }
);

export const recordSubmitted = async (
  database: Database,
  jobId: string,
  submitted: readonly Submitted[],
): Promise<void> => {
  await database.$executeRaw`
    UPDATE job_items AS item SET state = sent.state, task_id = sent."taskId", problem = sent.problem
      FROM json_to_recordset(${JSON.stringify(submitted)}::json)
        AS sent (place int, state "JobItemState", "taskId" uuid, problem jsonb)
     WHERE job_id = ${jobId}::uuid AND item.place = sent.place AND item.state = 'taken' AND item.task_id IS NULL`;
};

/**
 * Notes which tasks of a job have ended. A task whose row is gone was kept for its time. Results that are still to be
 * written to a target are left to that.
 */
export const settleItems = async (database: Database, jobId: string, gone: object): Promise<void> => {
  await database.$executeRaw`
    UPDATE job_items AS item
       SET state = CASE WHEN task.id IS NULL THEN 'failed'
                        WHEN task.state = 'succeeded' THEN 'succeeded'
                        WHEN task.problem ->> 'code' = 'taskCancelled' THEN 'cancelled'
                        ELSE 'failed' END::"JobItemState",
           cost = task.cost,
           problem = CASE WHEN task.id IS NULL THEN ${JSON.stringify(gone)}::jsonb END
      FROM job_items AS taken LEFT JOIN tasks AS task ON task.id = taken.task_id
     WHERE taken.job_id = ${jobId}::uuid AND taken.state = 'taken' AND taken.task_id IS NOT NULL
       AND (task.id IS NULL OR task.finished_at IS NOT NULL)
       AND (task.state IS DISTINCT FROM 'succeeded'
            OR NOT EXISTS (SELECT FROM jobs WHERE jobs.id = taken.job_id AND target IS NOT NULL))
       AND item.job_id = taken.job_id AND item.place = taken.place`;
};

export type ItemCounts = Readonly<Record<JobItemState, number>> & { readonly cost: number };

/** How the items of each of these jobs stand, by the job's id. */
export const countItems = async (
  database: Database,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, ItemCounts>> => {
  const rows = await database.$queryRaw<{ id: string; state: JobItemState; items: number; cost: number }[]>`
    SELECT job_id::text AS id, state, count(*)::int AS items, coalesce(sum(cost), 0)::float8 AS cost
      FROM job_items WHERE job_id = ANY(${[...jobIds]}::uuid[]) GROUP BY 1, 2`;
  const none: ItemCounts = { waiting: 0, taken: 0, succeeded: 0, failed: 0, cancelled: 0, cost: 0 };
  const counts = new Map(jobIds.map((id) => [id, none]));
  for (const { id, state, items, cost } of rows) {
    const before = counts.get(id) ?? none;
    counts.set(id, { ...before, [state]: items, cost: before.cost + cost });
  }
  return counts;
};

/**
 * The tasks of all open jobs of an owner that have not ended. Other jobs' items that are about to become tasks are among
 * them.
 */
const countTaken = async (
  database: Prisma.TransactionClient,
  ownerId: string,
  jobId: string,
): Promise<number> => {
  const [row] = await database.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM job_items JOIN jobs ON jobs.id = job_id
     WHERE owner_id = ${ownerId}::uuid AND finished_at IS NULL AND state = 'taken'
       AND (task_id IS NOT NULL OR job_id <> ${jobId}::uuid)
       AND NOT EXISTS (SELECT FROM tasks WHERE tasks.id = task_id AND tasks.finished_at IS NOT NULL)`;
  return row?.count ?? 0;
};

/** Tasks of one job that have not ended, or whose results are not written to its target. */
export const countHeld = (database: Database, jobId: string): Promise<number> =>
  database.jobItem.count({ where: { jobId, state: 'taken', taskId: { not: null } } });

/** The tasks of a job that have not ended, as far as the job knows. */
export const takenTasks = async (database: Database, jobId: string): Promise<string[]> => {
  const where = { jobId, state: 'taken' as const, taskId: { not: null } };
  const items = await database.jobItem.findMany({ where, select: { taskId: true } });
  return items.flatMap(({ taskId }) => taskId ?? []);
};

/** A page of a job's items in their order. @param after the last place of the page before */
export const listItems = (
  database: Database,
  jobId: string,
  { after = -1, limit, states }: { after?: number; limit: number; states?: readonly JobItemState[] },
): Promise<JobItemRow[]> =>
  database.jobItem.findMany({
    where: { jobId, place: { gt: after }, ...(states && { state: { in: [...states] } }) },
    orderBy: { place: 'asc' },
    take: limit,
  });

/**
 * Deletes items of jobs that ended before these days.
 * @returns how many
 */
export const forgetJobItems = (database: Database, days: number, limit: number): Promise<number> =>
  database.$executeRaw`
    DELETE FROM job_items WHERE (job_id, place) IN (
      SELECT job_id, place FROM job_items
       WHERE job_id = ANY(ARRAY(
         SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < now() - ${days} * interval '1 day'
          ORDER BY finished_at LIMIT 10))
       LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;

/**
 * Deletes jobs that ended before these days and have no items any more.
 * @returns how many
 */
export const forgetJobs = (database: Database, days: number, limit: number): Promise<number> =>
  database.$executeRaw`
    DELETE FROM jobs WHERE id = ANY(ARRAY(
      SELECT id FROM jobs
       WHERE finished_at IS NOT NULL AND finished_at < now() - ${days} * interval '1 day'
         AND NOT EXISTS (SELECT FROM job_items WHERE job_id = jobs.id)
       ORDER BY finished_at LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
