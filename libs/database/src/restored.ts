import type { Database } from './client.js';

/** An image whose row says that its bytes exist. */
export type ExpectedImage = {
  readonly id: string;
  readonly storageKey: string;
  /** Whether its time is over, so that its bytes may have been deleted after the copy. */
  readonly isExpired: boolean;
  /** Whether an unfinished task is to read it. */
  readonly isAwaited: boolean;
};

/**
 * The images whose UUID begins with two hex digits, which also name their folder in the storage. Results of unfinished
 * tasks have no row yet.
 */
export const expectedImages = (database: Database, digits: string): Promise<ExpectedImage[]> => {
  const [first, last] = ['0', 'f'].map((digit) =>
    `${digits}xxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.replaceAll('x', digit),
  );
  return database.$queryRaw<ExpectedImage[]>`
    SELECT id::text AS id, storage_key AS "storageKey",
           coalesce(expires_at <= now(), false) AS "isExpired",
           id IN (SELECT input_image_id FROM tasks WHERE finished_at IS NULL
                  UNION ALL SELECT (jsonb_array_elements(further_images) ->> 'imageId')::uuid
                              FROM tasks WHERE finished_at IS NULL AND further_images IS NOT NULL) AS "isAwaited"
      FROM images
     WHERE id BETWEEN ${first}::uuid AND ${last}::uuid AND deleted_at IS NULL`;
};

/** Marks images as deleted, whose bytes are gone. */
export const markDeleted = (database: Database, ids: readonly string[]): Promise<number> =>
  database.$executeRaw`
    UPDATE images SET deleted_at = now() WHERE id = ANY(${[...ids]}::uuid[]) AND deleted_at IS NULL`;

/** What a restored database has to do. */
export type OpenWork = { readonly tasks: number; readonly inHand: number; readonly deliveries: number };

export const openWork = async (database: Database): Promise<OpenWork> => {
  const [work] = await database.$queryRaw<OpenWork[]>`
    SELECT (SELECT count(*)::int FROM tasks WHERE finished_at IS NULL) AS tasks,
           (SELECT count(*)::int FROM tasks WHERE finished_at IS NULL
               AND (state = 'running' OR fed_at IS NOT NULL)) AS "inHand",
           (SELECT count(*)::int FROM deliveries WHERE state = 'pending') AS deliveries`;
  return work ?? { tasks: 0, inHand: 0, deliveries: 0 };
};

/**
 * Puts tasks that gone workers and queues had back into the line, and forgets those workers. Only while no program runs
 * on the database.
 */
export const putBackRestored = async (database: Database): Promise<number> => {
  const [, , count] = await database.$transaction([
    database.$executeRaw`DELETE FROM claimants`,
    database.$executeRaw`DELETE FROM workers`,
    database.$executeRaw`
      UPDATE tasks SET state = 'queued', fed_at = NULL, checked_at = NULL, worker_id = NULL, runs_alone = false
       WHERE finished_at IS NULL AND (state = 'running' OR fed_at IS NOT NULL)`,
  ]);
  return count;
};
