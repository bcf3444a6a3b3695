import {
  parseTask,
  routingOf,
  TaskError,
  toAnswer,
  toFailure,
  type Answer,
  type Outcome,
  type Task,
  type TaskOf,
  type TaskType,
} from '#contract';
import type { Owner } from '#database';
import type { Edges } from '../edges.js';
import { authenticate } from './authenticate.js';
import { getResponse } from './get-response.js';
import { removeBackground } from './remove-background.js';
import { uploadImage } from './upload-image.js';

export type Intake = (body: unknown, authorization?: string) => Promise<{ status: number; body: Answer }>;

type Handler<T extends TaskType> = (edges: Edges, owner: Owner, task: TaskOf<T>) => Promise<Outcome>;

/** What is done for each taskType. */
const handlers: { readonly [T in TaskType]: Handler<T> } = {
  authentication: async () => ({ result: { taskType: 'authentication' } }),
  ping: async () => ({ result: { taskType: 'ping', pong: true } }),
  imageUpload: uploadImage,
  removeBackground,
  getResponse,
};

/** The task types that make a task; two of these with one UUID in one request cannot be told apart. */
const namesWork: readonly unknown[] = ['imageUpload', 'removeBackground'] satisfies TaskType[];

const requireTasks = (body: unknown, max: number): readonly unknown[] => {
  if (!Array.isArray(body))
    throw new TaskError('invalidRequestBody', 'The body must be a JSON array of tasks.');
  if (body.length === 0)
    throw new TaskError('arrayTooSmall', 'The array must hold at least one task.', { min: 1 });
  if (body.length > max) {
    const message = `The array holds ${body.length} tasks; at most ${max} are allowed.`;
    throw new TaskError('maxTasksPerRequestExceeded', message, { max });
  }
  return body;
};

const findDuplicates = (tasks: readonly unknown[]): ReadonlySet<string> => {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const { taskType, taskUUID } of tasks.map(routingOf)) {
    if (!taskUUID || !namesWork.includes(taskType)) continue;
    const uuid = taskUUID.toLowerCase();
    if (seen.has(uuid)) duplicates.add(uuid);
    seen.add(uuid);
  }
  return duplicates;
};

const handle = (edges: Edges, owner: Owner, task: Task): Promise<Outcome> => {
  // The table pairs each taskType with the handler of its task; the compiler loses that pairing on look-up.
  const handler = handlers[task.taskType] as Handler<TaskType>;
  return handler(edges, owner, task);
};

/**
 * Takes the body of one request and answers it, task by task: one that fails leaves the others alone.
 * Faults of the request as a whole reject with a TaskError.
 */
export const createIntake =
  (edges: Edges): Intake =>
  async (body, authorization) => {
    const tasks = requireTasks(body, edges.config.MAX_TASKS_PER_REQUEST);
    const { owner, byTask } = await authenticate(edges, authorization, tasks[0]);
    const asked = byTask && tasks.length > 1 ? tasks.slice(1) : tasks;
    const duplicates = findDuplicates(asked);

    const answerOne = async (raw: unknown): Promise<Outcome> => {
      const routing = routingOf(raw);
      try {
        if (
          routing.taskUUID &&
          namesWork.includes(routing.taskType) &&
          duplicates.has(routing.taskUUID.toLowerCase())
        ) {
          const message = 'Two tasks of this request share this taskUUID; neither was taken.';
          throw new TaskError('duplicateTaskUUID', message, { parameter: 'taskUUID' });
        }
        return await handle(edges, owner, parseTask(raw));
      } catch (error) {
        if (error instanceof TaskError) return toFailure(error, routing);
        edges.log.error({ err: error, ...routing }, 'task not taken');
        const message = 'The service could not take this task; send it again.';
        return toFailure(new TaskError('serviceUnavailable', message, {}, { cause: error }), routing);
      }
    };
    return toAnswer(await Promise.all(asked.map(answerOne)));
  };
