import type { Database } from './client.js';

/** A task that may have lost its job, and whose queue that would be. */
export type Unchecked = { readonly taskId: string; readonly model: string };

/**
 * Picks unfinished tasks whose jobs nobody made sure of lately, longest unchecked first, and marks them as
 * checked. Any number of sweepers may run: each row goes to one of them.
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
        WHERE state IN ('queued', 'running')
          AND coalesce(checked_at, created_at) <= now() - ${olderThanMs} * interval '1 millisecond'
        ORDER BY coalesce(checked_at, created_at)
        LIMIT ${limit}
          FOR UPDATE SKIP LOCKED)
 RETURNING id AS "taskId", model`;
