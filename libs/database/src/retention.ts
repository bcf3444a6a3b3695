import type { Database } from './client.js';

/**
 * Deletes the oldest tasks that ended before these days, with their deliveries and the attempts of those. A task stays
 * while its webhook is pending, or failed and can be replayed. Concurrent dispatchers never take the same rows.
 * @returns how many tasks
 */
export const forgetTasks = (database: Database, days: number, limit: number): Promise<number> =>
  // Neither subquery can become a join, for which Postgres might read whole tables.
  database.$executeRaw`
    DELETE FROM tasks WHERE id = ANY(ARRAY(
      SELECT id FROM tasks
       WHERE finished_at IS NOT NULL AND finished_at < now() - ${days} * interval '1 day'
         AND state IN ('succeeded', 'failed')
         AND (SELECT state = 'pending' OR url IS NOT NULL FROM deliveries WHERE task_id = tasks.id) IS NOT TRUE
       ORDER BY finished_at LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;

/**
 * Deletes the rows of images whose bytes were deleted before these days. Their addresses answer 404 from then on.
 * @returns how many
 */
export const forgetImages = (database: Database, days: number, limit: number): Promise<number> =>
  database.$executeRaw`
    DELETE FROM images WHERE id = ANY(ARRAY(
      SELECT id FROM images
       WHERE deleted_at IS NOT NULL AND deleted_at < now() - ${days} * interval '1 day'
       ORDER BY deleted_at LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;

/** Deletes the counts of outcomes from before these days. */
export const forgetOutcomes = (database: Database, days: number): Promise<number> =>
  database.$executeRaw`DELETE FROM outcome_hours WHERE hour < now() - ${days} * interval '1 day'`;
