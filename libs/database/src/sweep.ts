import type { Database } from './client.js';
import { hasJob, returns } from './feed.js';
import { Prisma } from './generated/client.js';

/** A task with a job that was not checked for so long. */
export const uncheckedFor = (ms: number): Prisma.Sql =>
  Prisma.sql`${hasJob} AND checked_at <= now() - ${ms}::float8 * interval '1 millisecond'`;

/** A task that may have lost its job, with what names the job. */
type Unchecked = {
  readonly taskId: string;
  readonly lane: string;
  readonly returns: number;
  readonly stalls: number;
  /** Whether a worker has claimed it. */
  readonly isClaimed: boolean;
};

/**
 * Picks unfinished tasks with a job that was not checked lately, longest unchecked first, and marks them as
 * checked. Concurrent sweepers never pick the same row.
 */
export const takeUnchecked = async (
  database: Database,
  olderThanMs: number,
  limit: number,
): Promise<Unchecked[]> =>
  database.$queryRaw<Unchecked[]>`
    UPDATE tasks SET checked_at = now()
     WHERE id IN (
       SELECT id FROM tasks
        WHERE ${uncheckedFor(olderThanMs)}
        ORDER BY checked_at
        LIMIT ${limit}
          FOR UPDATE SKIP LOCKED)
 RETURNING id AS "taskId", ${returns}, stalls, state = 'running' AS "isClaimed", CASE stage WHEN 'device' THEN model ELSE stage::text END AS lane`;
