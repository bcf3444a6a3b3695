import { TaskError, type GetResponse, type Outcome } from '#contract';
import { findTask, type Owner } from '#database';
import { taskOutcome } from '../answers/task-outcome.js';
import type { Edges } from '../edges.js';

/**
 * How a task of this owner stands. A stored failure is a good answer to this question, so it asks for status
 * 200; clients would send the poll again on anything else.
 */
export const getResponse = async (
  edges: Edges,
  owner: Owner,
  { taskUUID }: GetResponse,
): Promise<Outcome> => {
  const task = await findTask(edges.database, owner.id, taskUUID);
  if (!task) throw new TaskError('taskNotFound', `There is no task ${taskUUID}.`, { parameter: 'taskUUID' });
  if (!task.finishedAt) {
    return { result: { taskType: task.taskType, taskUUID: task.taskUuidSent, status: 'processing' } };
  }
  const outcome = await taskOutcome(edges, task);
  if ('result' in outcome) return outcome;
  return { error: { ...outcome.error, status: 'error' }, status: 200 };
};
