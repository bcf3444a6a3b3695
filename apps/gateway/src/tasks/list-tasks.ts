import type { ListedTask, ListTasks, Outcome } from '#contract';
import { listTasks, statusOf, StoredProblem, type Database, type ListedRow, type Owner } from '#database';
import { token } from '#nest';

const isoOf = (date: Date | null): string | undefined => date?.toISOString();

const priorityOf = ({ priority }: ListedRow): ListedTask['priority'] => {
  if (priority === 0) return 'normal';
  return priority > 0 ? 'high' : 'low';
};

const toListed = (task: ListedRow): ListedTask => {
  const { taskType, taskUuidSent: taskUUID, model, state, problem, cost, outputImageId } = task;
  const startedAt = isoOf(task.startedAt);
  const finishedAt = isoOf(task.finishedAt);
  const deadlineAt = isoOf(task.deadlineAt);
  return {
    taskType,
    taskUUID,
    ...(model && { model }),
    status: statusOf(task),
    priority: priorityOf(task),
    createdAt: task.createdAt.toISOString(),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(deadlineAt && { deadlineAt }),
    ...(state === 'succeeded' && { imageUUID: outputImageId }),
    ...(state === 'succeeded' && cost && { cost: cost.toNumber() }),
    ...(problem !== null && { problem: StoredProblem.parse(problem).code }),
  };
};

const momentOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

type List = (owner: Owner, task: ListTasks) => Promise<Outcome>;

export const LIST_TASKS = token<List>('listTasks');

/** The caller's own tasks, page by page. */
export const createListTasks =
  ({ database }: { readonly database: Database }): List =>
  async (owner, { taskUUID, status, model, from, to, limit, cursor }) => {
    const { tasks, next } = await listTasks(database, {
      ownerId: owner.id,
      status,
      model,
      from: momentOf(from),
      to: momentOf(to),
      after: cursor,
      limit,
    });
    return {
      result: {
        taskType: 'listTasks',
        ...(taskUUID && { taskUUID }),
        tasks: tasks.map(toListed),
        ...(next && { cursor: next }),
      },
    };
  };
