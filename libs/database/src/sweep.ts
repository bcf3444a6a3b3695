import type { Database } from './client.js';

/** Marks tasks whose jobs are in the queue for sure; the sweep leaves them alone for a while. */
export const markEnqueued = async (database: Database, ids: readonly string[]): Promise<void> => {
  await database.task.updateMany({ where: { id: { in: [...ids] } }, data: { enqueuedAt: new Date() } });
};

/**
 * Picks unfinished tasks whose jobs nobody vouched for lately, oldest first, and marks them as looked at.
 * Any number of sweepers may run: each row goes to one of them.
 */
export const takeUnvouched = async (
  database: Database,
  olderThanMs: number,
  limit: number,
): Promise<string[]> => {
  const rows = await database.$queryRaw<{ id: string }[]>`
    UPDATE tasks SET enqueued_at = now()
     WHERE id IN (
       SELECT id FROM tasks
        WHERE state IN ('queued', 'running')
          AND coalesce(enqueued_at, created_at) < now() - ${olderThanMs} * interval '1 millisecond'
        ORDER BY coalesce(enqueued_at, created_at)
        LIMIT ${limit}
          FOR UPDATE SKIP LOCKED)
 RETURNING id`;
  return rows.map((row) => row.id);
};
