import type { Database } from './client.js';
import { warmWorkers } from './feed.js';
import type { JobRow } from './jobs.js';

/** Notes why a job does not go on just now. @param trouble null when it does */
export const recordTrouble = async (
  database: Database,
  { id, trouble: before }: Pick<JobRow, 'id' | 'trouble'>,
  trouble: object | null,
): Promise<void> => {
  if (before === null && trouble === null) return;
  const json = trouble && JSON.stringify(trouble);
  await database.$executeRaw`
    UPDATE jobs SET trouble = ${json}::jsonb
     WHERE id = ${id}::uuid AND trouble IS DISTINCT FROM ${json}::jsonb`;
};

/** The AIR id of a model that tasks of a job wait for, and that no worker serves. */
export const unservedModel = async (database: Database, jobId: string): Promise<string | undefined> => {
  const [row] = await database.$queryRaw<{ model: string }[]>`
    SELECT model FROM job_items JOIN tasks ON tasks.id = task_id
     WHERE job_id = ${jobId}::uuid AND job_items.state = 'taken'
       AND tasks.state = 'queued' AND finished_at IS NULL AND model IS NOT NULL
       AND NOT EXISTS (SELECT FROM ${warmWorkers} AND tasks.model = ANY(models))
     LIMIT 1`;
  return row?.model;
};
