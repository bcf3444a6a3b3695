import type { ServiceConfig } from '#config';
import { outputOf, TaskError, type GetResponse, type GetTaskDetails, type Outcome } from '#contract';
import {
  databaseNow,
  findTasks,
  JOB_END,
  RemovalRequest,
  statusOf,
  type AskedTask,
  type Database,
  type FoundTask,
  type Owner,
  type TaskRow,
} from '#database';
import { token } from '#nest';
import type { Secrets } from '#secrets';
import { createBatcher, databaseBatches } from './batcher.js';
import type { ReadProgress } from './progress.js';
import type { ReadOutcome } from './read-outcome.js';
import { openSentTask, type SentTask } from './sent-task.js';

const HOUR_MS = 60 * 60 * 1000;

type Needs = {
  readonly database: Database;
  readonly config: Pick<ServiceConfig, 'RESULT_RETENTION_H'>;
  readonly readOutcome: ReadOutcome;
  readonly readProgress: ReadProgress;
  readonly secrets: Pick<Secrets, 'open'>;
};

export const noSuchTask = (taskUUID: string): TaskError =>
  new TaskError('taskNotFound', `There is no task ${taskUUID}.`, { parameter: 'taskUUID' });

type Look = (asked: AskedTask) => Promise<FoundTask | undefined>;

const requireTask = async (look: Look, owner: Owner, taskUUID: string): Promise<FoundTask> => {
  const task = await look({ ownerId: owner.id, taskUuid: taskUUID });
  // The end of a job is recorded like a task, for its webhook.
  if (task && task.taskType !== JOB_END) return task;
  throw noSuchTask(taskUUID);
};

/**
 * How a task stands. A stored failure is answered with status 200, because clients repeat a poll on any other status.
 * @throws TaskError taskExpired
 */
const answerRow = async (needs: Needs, task: FoundTask): Promise<Outcome> => {
  if (!task.finishedAt) {
    const progress = await needs.readProgress(task);
    const { taskType, taskUuidSent: taskUUID } = task;
    return { result: { taskType, taskUUID, status: 'processing', ...progress } };
  }
  const { RESULT_RETENTION_H: hours } = needs.config;
  const now = await databaseNow(needs.database);
  if (now.getTime() - task.finishedAt.getTime() > hours * HOUR_MS) {
    const message = `The answer was kept for ${hours === 1 ? 'an hour' : `${hours} hours`}.`;
    throw new TaskError('taskExpired', message, { parameter: 'taskUUID' });
  }
  const outcome = await needs.readOutcome(task);
  if ('result' in outcome) return outcome;
  return { error: { ...outcome.error, status: 'error' }, status: 200 };
};

const uploadTypes = { imageUpload: true, mediaStorage: true };

/** What the row of an older gateway says of the task. */
const describeRow = ({
  taskType,
  taskUuidSent: taskUUID,
  model,
  inputImageId,
  request,
}: TaskRow): SentTask => {
  const output = taskType in uploadTypes ? {} : outputOf(RemovalRequest.parse(request));
  return { taskType, taskUUID, ...(model && { model }), inputImage: inputImageId, ...output };
};

/** A task as it was sent, and its answer. */
const detailsOf = async (needs: Needs, task: FoundTask, wanted: string): Promise<Outcome> => {
  const { provider, device, weightsSha256 } = task;
  const request = openSentTask(needs.secrets, task.sentTask) ?? describeRow(task);
  const run = provider && { execution: { provider, device, weightsSha256 } };

  const outcome = task.finishedAt ? await needs.readOutcome(task) : undefined;
  const answered =
    outcome && ('result' in outcome ? { data: [outcome.result] } : { errors: [outcome.error] });
  return {
    result: {
      taskType: 'getTaskDetails',
      taskUUID: wanted,
      request: [request],
      response: answered ?? {},
      status: statusOf(task),
      ...run,
    },
  };
};

/** Answers about tasks that were sent earlier. Those that are asked for together are read by one query. */
export const createPolls = (needs: Needs) => {
  const look = createBatcher(
    (asked: readonly AskedTask[]) => findTasks(needs.database, asked),
    databaseBatches,
  );
  return {
    /** @throws TaskError taskNotFound */
    requireTask: (owner: Owner, taskUUID: string) => requireTask(look, owner, taskUUID),
    answerRow: (task: FoundTask) => answerRow(needs, task),
    getResponse: async (owner: Owner, { taskUUID }: GetResponse) =>
      answerRow(needs, await requireTask(look, owner, taskUUID)),
    getTaskDetails: async (owner: Owner, { taskUUID }: GetTaskDetails) =>
      detailsOf(needs, await requireTask(look, owner, taskUUID), taskUUID),
  };
};

export type Polls = ReturnType<typeof createPolls>;
export const POLLS = token<Polls>('polls');
