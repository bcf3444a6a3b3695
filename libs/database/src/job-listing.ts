import type { Database } from './client.js';
import { insertItems, type JobRow, type NewJobItem } from './jobs.js';

/** A page of the images of a job's source. */
export type ListedPage = {
  readonly items: readonly NewJobItem[];
  /** The last path that was looked at. */
  readonly after: string | null;
};

/**
 * Adds a page to the items of a job. It goes behind those that the job was known to have.
 * @returns false, and adds nothing, when another program added a page, or the job was cancelled
 */
export const appendItems = (
  database: Database,
  { id, total, listedAfter }: Pick<JobRow, 'id' | 'total' | 'listedAfter'>,
  { items, after }: ListedPage,
): Promise<boolean> =>
  database.$transaction(async (transaction) => {
    const count = await transaction.$executeRaw`
      UPDATE jobs SET total = total + ${items.length}::int, listed_after = ${after}
       WHERE id = ${id}::uuid AND total = ${total} AND listed_after IS NOT DISTINCT FROM ${listedAfter}
         AND listed_at IS NULL AND cancel_requested_at IS NULL AND finished_at IS NULL`;
    if (count === 0) return false;
    await insertItems(transaction, id, items, total);
    return true;
  });

/** Notes that a job has all of its items. */
export const endListing = async (database: Database, id: string): Promise<void> => {
  await database.$executeRaw`UPDATE jobs SET listed_at = now() WHERE id = ${id}::uuid AND listed_at IS NULL`;
};

/** Drops what was listed, since none of it has begun, and notes why the job has no images. */
export const failListing = (database: Database, id: string, problem: object): Promise<void> =>
  database.$transaction(async (transaction) => {
    const count = await transaction.$executeRaw`
      UPDATE jobs SET total = 0, listed_at = now(), problem = ${JSON.stringify(problem)}::jsonb
       WHERE id = ${id}::uuid AND listed_at IS NULL AND cancel_requested_at IS NULL`;
    if (count > 0) await transaction.$executeRaw`DELETE FROM job_items WHERE job_id = ${id}::uuid`;
  });

/** Which of these names items of the job have, in whatever case. They come in lower case. */
export const takenNames = async (
  database: Database,
  jobId: string,
  names: readonly string[],
): Promise<string[]> => {
  const lower = names.map((name) => name.toLowerCase());
  const rows = await database.$queryRaw<{ name: string }[]>`
    SELECT name FROM job_items
     WHERE job_id = ${jobId}::uuid AND (lower(name) = ANY(${lower}) OR name = ANY(${[...names]}))`;
  return rows.map(({ name }) => name.toLowerCase());
};
