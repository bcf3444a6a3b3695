import type { ServiceConfig } from '#config';
import { outputOf, TaskError, type GetResponse, type GetTaskDetails, type Outcome } from '#contract';
import {
  databaseNow,
  findTask,
  RemovalRequest,
  statusOf,
  type Database,
  type Owner,
  type TaskRow,
} from '#database';
import { token } from '#nest';
import type { Secrets } from '#secrets';
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

const requireTask = async ({ database }: Needs, owner: Owner, taskUUID: string): Promise<TaskRow> => {
  const task = await findTask(database, owner.id, taskUUID);
  if (task) return task;
  throw noSuchTask(taskUUID);
};

/**
 * How a task stands. A stored failure is answered with status 200, because clients repeat a poll on any other status.
 * @throws TaskError taskExpired
 */
const answerRow = async (needs: Needs, task: TaskRow): Promise<Outcome> => {
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
const getTaskDetails = async (
  needs: Needs,
  owner: Owner,
  { taskUUID: wanted }: GetTaskDetails,
): Promise<Outcome> => {
  const task = await requireTask(needs, owner, wanted);
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

/** Answers about tasks that were sent earlier. */
export const createPolls = (needs: Needs) => ({
  /** @throws TaskError taskNotFound */
  requireTask: (owner: Owner, taskUUID: string) => requireTask(needs, owner, taskUUID),
  answerRow: (task: TaskRow) => answerRow(needs, task),
  getResponse: async (owner: Owner, { taskUUID }: GetResponse) =>
    answerRow(needs, await requireTask(needs, owner, taskUUID)),
  getTaskDetails: (owner: Owner, task: GetTaskDetails) => getTaskDetails(needs, owner, task),
});

export type Polls = ReturnType<typeof createPolls>;
export const POLLS = token<Polls>('polls');
