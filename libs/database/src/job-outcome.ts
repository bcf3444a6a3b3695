import { ErrorItem, JobFolder, type Job } from '#contract';
import { z } from 'zod';
import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { Task as TaskRow } from './generated/client.js';
import { countItems, type ItemCounts } from './job-items.js';
import type { JobRow } from './jobs.js';

const statusOf = ({ startedAt, cancelRequestedAt, finishedAt }: JobRow): Job['status'] => {
  if (finishedAt) return cancelRequestedAt ? 'cancelled' : 'ended';
  if (cancelRequestedAt) return 'cancelling';
  return startedAt ? 'running' : 'waiting';
};

/** Seconds until the last image ends, if the others take as long as those that have ended. */
const leftS = (job: JobRow, counts: ItemCounts, now: Date): number | undefined => {
  const { startedAt, finishedAt, trouble } = job;
  const open = counts.waiting + counts.taken;
  const ended = job.total - open;
  if (!startedAt || finishedAt || trouble !== null || ended === 0) return undefined;
  return Math.ceil(((now.getTime() - startedAt.getTime()) / 1000 / ended) * open);
};

/** Where its images come from, and its results go to. */
const placesOf = ({ source, target, listedAt, finishedAt, problem }: JobRow): Partial<Job> => ({
  ...(source !== null && { source: JobFolder.parse(source) }),
  ...(target !== null && { target: JobFolder.parse(target) }),
  ...(source !== null && !listedAt && !finishedAt && { isListing: true }),
  ...(problem !== null && { problem: ErrorItem.parse(problem) }),
});

/** Nobody waits for what holds up a job that ends. */
const troubleOf = ({ trouble, cancelRequestedAt, finishedAt }: JobRow): Partial<Job> =>
  trouble === null || cancelRequestedAt || finishedAt ? {} : { trouble: ErrorItem.parse(trouble) };

const describe = (job: JobRow, counts: ItemCounts, publicUrl: string, now: Date): Job => {
  const estimatedS = leftS(job, counts, now);
  return {
    jobUUID: job.jobUuid,
    status: statusOf(job),
    total: job.total,
    waiting: counts.waiting,
    running: counts.taken,
    success: counts.succeeded,
    error: counts.failed,
    cancelled: counts.cancelled,
    cost: Number(counts.cost.toFixed(6)),
    createdAt: job.createdAt.toISOString(),
    ...(job.startedAt && { startedAt: job.startedAt.toISOString() }),
    ...(job.finishedAt && { finishedAt: job.finishedAt.toISOString() }),
    ...(estimatedS !== undefined && { estimatedS }),
    resultsURL: `${publicUrl}/v1/jobs/${job.jobUuid}/results.zip`,
    ...placesOf(job),
    ...troubleOf(job),
  };
};

/** Jobs as answers tell them. */
export const describeJobs = async (
  database: Database,
  jobs: readonly JobRow[],
  publicUrl: string,
): Promise<Job[]> => {
  const [counts, now] = await Promise.all([
    countItems(
      database,
      jobs.map(({ id }) => id),
    ),
    databaseNow(database),
  ]);
  return jobs.flatMap((job) => {
    const its = counts.get(job.id);
    return its ? [describe(job, its, publicUrl, now)] : [];
  });
};

const Reference = z.object({ jobId: z.uuid() });

/** The job whose end a row of type JOB_END tells of. @returns undefined when it is past its retention */
export const jobOfEnd = async (
  database: Database,
  { request }: Pick<TaskRow, 'request'>,
  publicUrl: string,
): Promise<Job | undefined> => {
  const job = await database.job.findUnique({ where: { id: Reference.parse(request).jobId } });
  return job ? (await describeJobs(database, [job], publicUrl))[0] : undefined;
};
