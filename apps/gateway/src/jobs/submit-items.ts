import type { ServiceConfig } from '#config';
import { problems, type ErrorItem, type Outcome } from '#contract';
import {
  findOwnerOfKey,
  findTasks,
  recordSubmitted,
  takeItems,
  type Database,
  type JobRow,
  type Owner,
  type Submitted,
  type TakenItem,
} from '#database';
import type { Secrets } from '#secrets';
import type { AnswerTasks } from '../tasks/answer-tasks.js';

export type SubmitNeeds = {
  readonly answerTasks: AnswerTasks;
  readonly config: Pick<ServiceConfig, 'MAX_JOB_TASKS_IN_FLIGHT' | 'MAX_TASKS_IN_FLIGHT'>;
  readonly database: Database;
  readonly secrets: Pick<Secrets, 'open'>;
};

/** The most tasks of an owner's jobs in flight. Other tasks keep half of the key's limit. */
const mostInFlight = ({ config }: SubmitNeeds, { key }: Owner): number =>
  Math.max(
    1,
    Math.min(config.MAX_JOB_TASKS_IN_FLIGHT, Math.floor((key.inFlight ?? config.MAX_TASKS_IN_FLIGHT) / 2)),
  );

/** Half of the key's rate stays for its other tasks, where it has one. */
const mostAtOnce = ({ key }: Owner): number =>
  key.ratePerS === null ? Infinity : Math.max(1, Math.floor(key.ratePerS / 2));

/** What follows from the item and the code. */
const derived: ReadonlySet<string> = new Set(['documentation', 'taskType', 'taskUUID']);

/** The error as an item keeps it. */
const toProblem = (error: ErrorItem): object =>
  Object.fromEntries(Object.entries(error).filter(([name]) => !derived.has(name)));

/** A budget that tasks in flight exhaust by their estimates may suffice once they have ended. */
const mayPass = ({ code }: ErrorItem, inFlight: number): boolean =>
  problems[code].retryable || (code === 'insufficientCredits' && inFlight > 0);

const toTask = (item: TakenItem, options: object, image: string) => ({
  ...options,
  taskType: 'removeBackground',
  taskUUID: item.taskUuid,
  inputImage: image,
  deliveryMethod: 'async',
  includeCost: true,
});

/** What was made of the items, and for how long the job waits when some may pass later. */
export type Submission = { readonly count: number; readonly waitS: number | undefined };

const NONE: Submission = { count: 0, waitS: undefined };

/** The tasks that the items have become, by their UUIDs. */
const tasksOf = async (database: Database, ownerId: string, items: readonly TakenItem[]) => {
  const found = await findTasks(
    database,
    items.map(({ taskUuid }) => ({ ownerId, taskUuid })),
  );
  return new Map(found.flatMap((task) => (task ? [[task.taskUuid, task.id]] : [])));
};

const becameOf = (
  { place, taskUuid }: TakenItem,
  outcome: Outcome | undefined,
  tasks: ReadonlyMap<string, string>,
  { inFlight, isCancelled }: { readonly inFlight: number; readonly isCancelled: boolean },
): Submitted => {
  const taskId = tasks.get(taskUuid);
  if (taskId !== undefined) return { place, state: 'taken', taskId };
  if (isCancelled) return { place, state: 'cancelled' };
  if (!outcome || 'result' in outcome || mayPass(outcome.error, inFlight)) return { place, state: 'waiting' };
  return { place, state: 'failed', problem: toProblem(outcome.error) };
};

/** The longest wait that the refusals ask for, of those that may pass. */
const waitOf = (outcomes: readonly Outcome[], inFlight: number): number | undefined => {
  const passing = outcomes.flatMap((outcome) =>
    'error' in outcome && mayPass(outcome.error, inFlight) ? [outcome.error] : [],
  );
  return passing.length === 0 ? undefined : Math.max(...passing.map(({ retryAfter }) => retryAfter ?? 1));
};

const keyGone = {
  code: 'invalidApiKey',
  message: 'The key that sent the job was revoked, or has expired.',
} as const;

const failAll = async (needs: SubmitNeeds, job: JobRow): Promise<Submission> => {
  const limits = { inFlight: Infinity, atOnce: needs.config.MAX_JOB_TASKS_IN_FLIGHT };
  const { items } = await takeItems(needs.database, job, limits);
  const failed = items.map(({ place }) => ({ place, state: 'failed' as const, problem: keyGone }));
  await recordSubmitted(needs.database, job.id, failed);
  return { count: items.length, waitS: undefined };
};

/**
 * Makes tasks of the next items of a job, as many as the limits of its key allow now. An item that a program took before
 * it died finds its task again by the UUID, so that none is done twice.
 */
export const submitItems = async (needs: SubmitNeeds, job: JobRow): Promise<Submission> => {
  const { answerTasks, database, secrets } = needs;
  const owner = await findOwnerOfKey(database, job.keyId);
  if (!owner) return failAll(needs, job);
  const limits = { inFlight: mostInFlight(needs, owner), atOnce: mostAtOnce(owner) };
  const { inFlight, items } = await takeItems(database, job, limits);
  if (items.length === 0) return NONE;

  const options = JSON.parse(secrets.open(job.options)) as object;
  const before = await tasksOf(database, owner.id, items);
  const fresh = job.cancelRequestedAt ? [] : items.filter(({ taskUuid }) => !before.has(taskUuid));
  const sent = fresh.map((item) => toTask(item, options, secrets.open(item.source)));
  const outcomes = await Promise.all(answerTasks({ owner, tasks: sent, isDryRun: false }));
  const outcomeOf = new Map(fresh.map(({ place }, i) => [place, outcomes[i]]));

  const standing = { inFlight, isCancelled: job.cancelRequestedAt !== null };
  const after = await tasksOf(database, owner.id, items);
  const became = items.map((item) => becameOf(item, outcomeOf.get(item.place), after, standing));
  await recordSubmitted(database, job.id, became);
  return { count: after.size, waitS: waitOf(outcomes, inFlight) };
};
