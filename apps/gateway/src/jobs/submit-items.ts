import type { ServiceConfig } from '#config';
import { JobFolder, problems, type ErrorItem, type ImageText, type Outcome } from '#contract';
import {
  countHeld,
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
import { toProblem } from './problem-of.js';
import { sendFiles, type SendNeeds } from './send-files.js';

export type SubmitNeeds = SendNeeds & {
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

/** A budget that tasks in flight exhaust by their estimates may suffice once they have ended. */
const mayPass = ({ code }: ErrorItem, inFlight: number): boolean =>
  problems[code].retryable || (code === 'insufficientCredits' && inFlight > 0);

const toTask = (item: TakenItem, options: object, image: ImageText) => ({
  ...options,
  taskType: 'removeBackground',
  taskUUID: item.taskUuid,
  inputImage: image,
  deliveryMethod: 'async',
  includeCost: true,
});

/** Why some items may pass only later, and for how long the job waits for that. */
export type Submission = { readonly waitS: number; readonly refused: ErrorItem } | undefined;

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

/** Of the refusals that may pass, the one that asks for the longest wait. */
const submissionOf = (outcomes: readonly (Outcome | undefined)[], inFlight: number): Submission => {
  const passing = outcomes.flatMap((outcome) =>
    outcome && 'error' in outcome && mayPass(outcome.error, inFlight) ? [outcome.error] : [],
  );
  const waits = passing.map((refused) => ({ refused, waitS: refused.retryAfter ?? 1 }));
  return waits.toSorted((a, b) => b.waitS - a.waitS)[0];
};

const keyGone = {
  code: 'invalidApiKey',
  message: 'The key that sent the job was revoked, or has expired.',
} as const;

const failAll = async (needs: SubmitNeeds, job: JobRow): Promise<void> => {
  const limits = { inFlight: Infinity, atOnce: needs.config.MAX_JOB_TASKS_IN_FLIGHT };
  const { items } = await takeItems(needs.database, job, limits);
  const failed = items.map(({ place }) => ({ place, state: 'failed' as const, problem: keyGone }));
  await recordSubmitted(needs.database, job.id, failed);
};

/** The most new tasks of a job at once. A job whose results are not written gets no more of them. */
const mostNow = async (needs: SubmitNeeds, owner: Owner, job: JobRow): Promise<number> => {
  const held = job.target === null ? 0 : await countHeld(needs.database, job.id);
  return Math.min(mostAtOnce(owner), mostInFlight(needs, owner) - held);
};

/** Sends items as tasks, with their images where these lie in a place. */
const send = (
  needs: SubmitNeeds,
  owner: Owner,
  job: JobRow,
  items: readonly TakenItem[],
  isOver: () => boolean,
): Promise<(Outcome | undefined)[]> => {
  const { answerTasks, secrets } = needs;
  const options = JSON.parse(secrets.open(job.options)) as object;
  if (job.source === null) {
    const tasks = items.map((item) => toTask(item, options, secrets.open(item.source)));
    return Promise.all(answerTasks({ owner, tasks, isDryRun: false }));
  }
  const files = items.map((item) => ({
    path: secrets.open(item.source),
    toTask: (image: ImageText) => toTask(item, options, image),
  }));
  return sendFiles(needs, owner, JobFolder.parse(job.source), files, isOver);
};

/**
 * Makes tasks of the next items of a job, as many as the limits of its key allow now. An item that a program took before
 * it died finds its task again by the UUID, so that none is done twice.
 */
export const submitItems = async (
  needs: SubmitNeeds,
  job: JobRow,
  isOver: () => boolean,
): Promise<Submission> => {
  const { database } = needs;
  const owner = await findOwnerOfKey(database, job.keyId);
  if (!owner) {
    await failAll(needs, job);
    return undefined;
  }
  const limits = { inFlight: mostInFlight(needs, owner), atOnce: await mostNow(needs, owner, job) };
  const { inFlight, items } = await takeItems(database, job, limits);
  if (items.length === 0) return undefined;

  const before = await tasksOf(database, owner.id, items);
  const fresh = job.cancelRequestedAt ? [] : items.filter(({ taskUuid }) => !before.has(taskUuid));
  const outcomes = await send(needs, owner, job, fresh, isOver);
  const outcomeOf = new Map(fresh.map(({ place }, i) => [place, outcomes[i]]));

  const standing = { inFlight, isCancelled: job.cancelRequestedAt !== null };
  const after = await tasksOf(database, owner.id, items);
  const became = items.map((item) => becameOf(item, outcomeOf.get(item.place), after, standing));
  await recordSubmitted(database, job.id, became);
  return submissionOf(outcomes, inFlight);
};
