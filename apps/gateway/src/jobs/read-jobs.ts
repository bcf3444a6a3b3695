import type { ServiceConfig } from '#config';
import {
  ErrorItem,
  isUuid,
  TaskError,
  toFailure,
  withDocumentation,
  type Cutout,
  type Job,
  type JobItem,
  type JobItems,
  type JobList,
  type Outcome,
} from '#contract';
import {
  cancelJob,
  describeJobs,
  findEnded,
  findJob,
  listItems,
  listJobs,
  type Database,
  type FoundTask,
  type JobItemRow,
  type JobRow,
  type Owner,
} from '#database';
import type { ReadOutcome } from '../tasks/read-outcome.js';
import { namedInJob } from './option-faults.js';

export type ReadNeeds = {
  readonly config: Pick<ServiceConfig, 'PUBLIC_URL'>;
  readonly database: Database;
  readonly readOutcome: ReadOutcome;
};

export const noSuchJob = (jobUuid: string): TaskError =>
  new TaskError('jobNotFound', `There is no job ${jobUuid.slice(0, 100)}.`, { parameter: 'jobUUID' });

/** @throws TaskError jobNotFound, also for the job of another owner */
export const requireJob = async (database: Database, owner: Owner, jobUuid: string): Promise<JobRow> => {
  const wanted: unknown = jobUuid;
  const job = isUuid(wanted) ? await findJob(database, owner.id, wanted.toLowerCase()) : null;
  if (job) return job;
  throw noSuchJob(jobUuid);
};

export const showJob = async (needs: ReadNeeds, owner: Owner, jobUuid: string): Promise<Job> => {
  const job = await requireJob(needs.database, owner, jobUuid);
  const [answer] = await describeJobs(needs.database, [job], needs.config.PUBLIC_URL);
  if (!answer) throw new Error(`The job ${job.id} cannot be described.`);
  return answer;
};

/** A number of a query. @throws TaskError invalidParameter */
const numberOf = (
  name: string,
  text: unknown,
  { min, max, usual }: { min: number; max: number; usual: number },
): number => {
  if (text === undefined) return usual;
  const number = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  const message = `Invalid value for '${name}': it must be an integer from ${min} to ${max}.`;
  throw new TaskError('invalidParameter', message, { parameter: name, type: 'integer', min, max });
};

const limitOf = (limit: unknown): number => numberOf('limit', limit, { min: 1, max: 100, usual: 20 });

const cursorOf = (cursor: unknown): string | undefined => {
  if (cursor === undefined || isUuid(cursor)) return cursor;
  const message = "Invalid value for 'cursor': it must be that of the page before.";
  throw new TaskError('invalidParameter', message, { parameter: 'cursor' });
};

/** The query of a request, unchecked. */
type Query = Readonly<Record<string, unknown>>;

export const listOwnJobs = async (needs: ReadNeeds, owner: Owner, query: Query): Promise<JobList> => {
  const limit = limitOf(query['limit']);
  const jobs = await listJobs(needs.database, owner.id, limit, cursorOf(query['cursor']));
  const data = await describeJobs(needs.database, jobs, needs.config.PUBLIC_URL);
  const last = jobs.length === limit ? jobs.at(-1) : undefined;
  return { data, ...(last && { cursor: last.id }) };
};

const statuses = {
  waiting: 'waiting',
  taken: 'running',
  succeeded: 'success',
  failed: 'error',
  cancelled: 'cancelled',
} as const;

/** What the task of an item came to. Its image may be past its time. */
const outcomeOf = async ({ readOutcome }: ReadNeeds, task: FoundTask): Promise<Outcome> => {
  try {
    return await readOutcome(task);
  } catch (error) {
    if (error instanceof TaskError) return toFailure(error);
    throw error;
  }
};

/** Whose items they are, and where its images came from. */
type Described = Pick<JobRow, 'source'>;

const problemOf = ({ source }: Described, { place, problem, state }: JobItemRow): Pick<JobItem, 'error'> => {
  if (problem !== null) return { error: namedInJob(ErrorItem.parse(problem), place, source !== null) };
  if (state !== 'cancelled') return {};
  return { error: { code: 'taskCancelled', message: 'The job was cancelled before this image.' } };
};

const endOf = async (
  needs: ReadNeeds,
  job: Described,
  item: JobItemRow,
  task: FoundTask | undefined,
): Promise<Pick<JobItem, 'error' | 'result'>> => {
  if (!task) return problemOf(job, item);
  const outcome = withDocumentation(await outcomeOf(needs, task), needs.config.PUBLIC_URL);
  // A job's tasks are removals.
  if ('error' in outcome)
    return item.problem === null
      ? { error: namedInJob(outcome.error, item.place, job.source !== null) }
      : problemOf(job, item);
  // It may have succeeded without that its result reached the target.
  return { result: outcome.result as Cutout, ...(item.problem !== null && problemOf(job, item)) };
};

/** Items as answers tell them, with the ends of their tasks. */
export const describeItems = async (
  needs: ReadNeeds,
  job: Described,
  items: readonly JobItemRow[],
): Promise<JobItem[]> => {
  const ids = items.flatMap(({ taskId, state }) => (taskId && state !== 'taken' ? [taskId] : []));
  const tasks = new Map((await findEnded(needs.database, ids)).map((task) => [task.id, task]));
  return Promise.all(
    items.map(async (item) => ({
      place: item.place,
      name: item.name,
      status: statuses[item.state],
      taskUUID: item.taskUuid,
      ...(await endOf(needs, job, item, tasks.get(item.taskId ?? ''))),
    })),
  );
};

export const listJobItems = async (
  needs: ReadNeeds,
  owner: Owner,
  jobUuid: string,
  query: Query,
): Promise<JobItems> => {
  const job = await requireJob(needs.database, owner, jobUuid);
  const limit = limitOf(query['limit']);
  const after = numberOf('after', query['after'], { min: 0, max: 999_999_999, usual: -1 });
  const items = await listItems(needs.database, job.id, { after, limit });
  const last = items.length === limit ? items.at(-1) : undefined;
  return { data: await describeItems(needs, job, items), ...(last && { after: last.place }) };
};

/** Cancels what has not begun. A repetition answers how the job stands. */
export const cancelOwnJob = async (needs: ReadNeeds, owner: Owner, jobUuid: string): Promise<Job> => {
  const { id } = await requireJob(needs.database, owner, jobUuid);
  await cancelJob(needs.database, id);
  return showJob(needs, owner, jobUuid);
};
