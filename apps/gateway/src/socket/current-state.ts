import { TaskError, toFailure, type Outcome, type Routing } from '#contract';
import { findSessionItem, findTask, type Owner, type SessionItem, type Task, taskOutcome } from '#database';
import type { Edges } from '../edges.js';
import { toFrame } from './frames.js';

/** How a task of a session stands, for a client that comes back. */
export type State =
  | { readonly kind: 'ended' | 'processing'; readonly frame: string }
  | { readonly kind: 'running'; readonly taskId: string }
  /** Not stored: it is being taken at this moment, or was lost with its gateway. */
  | { readonly kind: 'missing' }
  /** Confirmed meanwhile. */
  | { readonly kind: 'gone' };

export const routingOfItem = ({ taskType, taskUuidSent }: SessionItem): Routing => ({
  taskType,
  taskUUID: taskUuidSent,
});

const endOf = async (edges: Edges, task: Task, routing: Routing): Promise<Outcome> => {
  try {
    return await taskOutcome(edges, task);
  } catch (error) {
    if (error instanceof TaskError) return toFailure(error, routing);
    throw error;
  }
};

export const currentState = async (edges: Edges, owner: Owner, itemId: string): Promise<State> => {
  const { database, config } = edges;
  const item = await findSessionItem(database, itemId);
  if (!item) return { kind: 'gone' };
  if (item.frame) return { kind: 'ended', frame: item.frame };

  const routing = routingOfItem(item);
  const task = await findTask(database, owner.id, item.taskUuidSent);
  if (!task) return { kind: 'missing' };
  if (task.finishedAt) {
    return { kind: 'ended', frame: toFrame(await endOf(edges, task, routing), config.PUBLIC_URL) };
  }
  if (!item.isAsync) return { kind: 'running', taskId: task.id };
  const result = { taskType: item.taskType, taskUUID: item.taskUuidSent, status: 'processing' as const };
  return { kind: 'processing', frame: toFrame({ result }, config.PUBLIC_URL) };
};
