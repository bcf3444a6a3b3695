import type { Database } from './client.js';

/** A result that is to be written to the target of its job. */
export type Unwritten = {
  readonly place: number;
  readonly name: string;
  readonly outputImageId: string;
};

/** Results of a job that are not in its target yet, in the order of its items. */
export const unwrittenResults = (database: Database, jobId: string, limit: number): Promise<Unwritten[]> =>
  database.$queryRaw<Unwritten[]>`
    SELECT place, name, output_image_id::text AS "outputImageId"
      FROM job_items JOIN tasks ON tasks.id = task_id
     WHERE job_id = ${jobId}::uuid AND job_items.state = 'taken'
       AND tasks.state = 'succeeded' AND finished_at IS NOT NULL
     ORDER BY place LIMIT ${limit}`;

/** Ends an item whose result was written, or cannot be. @param problem why not */
export const recordWritten = async (
  database: Database,
  jobId: string,
  place: number,
  problem?: object,
): Promise<void> => {
  await database.$executeRaw`
    UPDATE job_items SET state = ${problem ? 'failed' : 'succeeded'}::"JobItemState", cost = tasks.cost,
                         problem = ${problem ? JSON.stringify(problem) : null}::jsonb
      FROM tasks
     WHERE job_id = ${jobId}::uuid AND place = ${place} AND job_items.state = 'taken' AND tasks.id = task_id`;
};
