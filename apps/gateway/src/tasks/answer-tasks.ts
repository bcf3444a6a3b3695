import {
  parseTask,
  removalTypes,
  routingOf,
  TaskError,
  toFailure,
  withDocumentation,
  type Outcome,
  type Task,
  type TaskOf,
  type TaskType,
} from '#contract';
import type { Owner } from '#database';
import type { Edges } from '../edges.js';
import { getResponse, getTaskDetails } from './get-response.js';
import { priceRemoval, removeBackground } from './remove-background.js';
import { mediaStorage, uploadImage } from './upload-image.js';

type Handler<T extends TaskType> = (edges: Edges, owner: Owner, task: TaskOf<T>) => Promise<Outcome>;
type Handlers = { readonly [T in TaskType]: Handler<T> };

/** What is done for each taskType. */
const handlers: Handlers = {
  authentication: async () => ({ result: { taskType: 'authentication' } }),
  ping: async () => ({ result: { taskType: 'ping', pong: true } }),
  imageUpload: uploadImage,
  mediaStorage,
  removeBackground,
  imageBackgroundRemoval: removeBackground,
  removeImageBackground: removeBackground,
  getResponse,
  getTaskDetails,
};

const isFree = async (
  _edges: Edges,
  _owner: Owner,
  { taskType, taskUUID }: { taskType: string; taskUUID: string },
) => ({
  result: { taskType, taskUUID, cost: 0 },
});

/** What a dry run does instead: everything that has an effect is only priced. */
const dryHandlers: Handlers = {
  ...handlers,
  imageUpload: isFree,
  mediaStorage: isFree,
  removeBackground: priceRemoval,
  imageBackgroundRemoval: priceRemoval,
  removeImageBackground: priceRemoval,
};

/** The task types that make a task; two of these with one UUID in one request cannot be told apart. */
const namesWork: readonly unknown[] = ['imageUpload', 'mediaStorage', ...removalTypes] satisfies TaskType[];

const workUuidOf = (raw: unknown): string | undefined => {
  const { taskType, taskUUID } = routingOf(raw);
  return namesWork.includes(taskType) ? taskUUID?.toLowerCase() : undefined;
};

const findDuplicates = (tasks: readonly unknown[]): ReadonlySet<string> => {
  const uuids = tasks.flatMap((raw) => workUuidOf(raw) ?? []);
  return new Set(uuids.filter((uuid, i) => uuids.indexOf(uuid) !== i));
};

const handle = (table: Handlers, edges: Edges, owner: Owner, task: Task): Promise<Outcome> => {
  // The table pairs each taskType with the handler of its task; the compiler loses that pairing on look-up.
  const handler = table[task.taskType] as Handler<TaskType>;
  return handler(edges, owner, task);
};

export type Asked = { readonly owner: Owner; readonly tasks: readonly unknown[]; readonly isDryRun: boolean };

/** Starts every task and answers each for itself: one that fails leaves the others alone. */
export const answerTasks = (edges: Edges, { owner, tasks, isDryRun }: Asked): Promise<Outcome>[] => {
  const duplicates = findDuplicates(tasks);
  const table = isDryRun ? dryHandlers : handlers;

  const answerOne = async (raw: unknown): Promise<Outcome> => {
    const routing = routingOf(raw);
    try {
      if (duplicates.has(workUuidOf(raw) ?? '')) {
        const message = 'Two tasks of this request share this taskUUID; neither was taken.';
        throw new TaskError('duplicateTaskUUID', message, { parameter: 'taskUUID' });
      }
      const task = parseTask(raw);
      edges.tracing.note({ 'clearcut.task_type': task.taskType });
      return await handle(table, edges, owner, task);
    } catch (error) {
      if (error instanceof TaskError) return toFailure(error, routing);
      edges.log.error({ err: error, ...routing }, 'task not taken');
      const message = 'The service could not take this task; send it again.';
      return toFailure(new TaskError('serviceUnavailable', message, {}, { cause: error }), routing);
    }
  };
  const answerTraced = async (raw: unknown) => {
    const outcome = await edges.tracing.trace('task', {}, () => answerOne(raw));
    return withDocumentation(outcome, edges.config.PUBLIC_URL);
  };
  return tasks.map(answerTraced);
};
