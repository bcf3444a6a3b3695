import { outputOf, TaskError, type GetResponse, type GetTaskDetails, type Outcome } from '#contract';
import { findTask, RemovalRequest, type Database, type Owner, type TaskRow } from '#database';
import { token } from '#nest';
import type { Secrets } from '#secrets';
import type { ReadOutcome } from './read-outcome.js';
import { openSentTask, type SentTask } from './sent-task.js';

/** Answers are kept this long; the details of a task stay longer. */
const RETENTION_MS = 24 * 60 * 60 * 1000;

type Needs = {
  readonly database: Database;
  readonly readOutcome: ReadOutcome;
  readonly secrets: Pick<Secrets, 'open'>;
};

const requireTask = async ({ database }: Needs, owner: Owner, taskUUID: string): Promise<TaskRow> => {
  const task = await findTask(database, owner.id, taskUUID);
  if (task) return task;
  throw new TaskError('taskNotFound', `There is no task ${taskUUID}.`, { parameter: 'taskUUID' });
};

/**
 * The state of an owner's task. A stored failure is answered with status 200, because clients repeat a poll on any
 * other status.
 */
const getResponse = async (needs: Needs, owner: Owner, { taskUUID }: GetResponse): Promise<Outcome> => {
  const task = await requireTask(needs, owner, taskUUID);
  if (!task.finishedAt) {
    return { result: { taskType: task.taskType, taskUUID: task.taskUuidSent, status: 'processing' } };
  }
  if (Date.now() - task.finishedAt.getTime() > RETENTION_MS) {
    throw new TaskError('taskExpired', 'The answer was kept for 24 hours.', { parameter: 'taskUUID' });
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
      ...run,
    },
  };
};

/** Answers about tasks that were sent earlier. */
export const createPolls = (needs: Needs) => ({
  getResponse: (owner: Owner, task: GetResponse) => getResponse(needs, owner, task),
  getTaskDetails: (owner: Owner, task: GetTaskDetails) => getTaskDetails(needs, owner, task),
});

export const POLLS = token<ReturnType<typeof createPolls>>('polls');
