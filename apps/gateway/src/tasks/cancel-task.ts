import { TaskError, type CancelTask, type Outcome } from '#contract';
import {
  cancelAllWaiting,
  cancelTask,
  findTask,
  statusOf,
  type Database,
  type EndedWaiting,
  type Owner,
} from '#database';
import type { Feeder } from '#feeder';
import { token } from '#nest';
import type { GatewayMetrics } from '../gateway-metrics.js';
import type { Handler } from './handlers.js';
import { noSuchTask } from './polls.js';

type Needs = {
  readonly database: Database;
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly metrics: Pick<GatewayMetrics, 'finished'>;
};

/** Counts tasks that ended while they waited. Some had places in the queue, which others may have now. */
const noteEnded = ({ feeder, metrics }: Needs, ended: readonly EndedWaiting[]) => {
  for (const { model, lane, count } of ended) {
    metrics.finished.count({ model, code: 'taskCancelled' }, count);
    feeder.wake(lane);
  }
};

const cancelAll = async (needs: Needs, owner: Owner, { taskUUID }: CancelTask): Promise<Outcome> => {
  const ended = await cancelAllWaiting(needs.database, owner.id, owner.key.id);
  noteEnded(needs, ended);
  const cancelled = ended.reduce((sum, { count }) => sum + count, 0);
  return {
    result: { taskType: 'cancelTask', ...(taskUUID && { taskUUID }), status: 'cancelled', cancelled },
  };
};

/** What became of the task. It is read after the request to cancel it, which may have come too late. */
const cancelOne = async (needs: Needs, owner: Owner, taskUUID: string): Promise<Outcome> => {
  const cancelled = await cancelTask(needs.database, { ownerId: owner.id, taskUuid: taskUUID });
  if (cancelled.kind === 'ended') noteEnded(needs, cancelled.waiting);

  const task = await findTask(needs.database, owner.id, taskUUID);
  if (!task) throw noSuchTask(taskUUID);
  const status = statusOf(task);
  return {
    result: {
      taskType: 'cancelTask',
      taskUUID,
      status: status === 'waiting' || status === 'running' ? 'cancelling' : status,
    },
  };
};

const requireTaskUUID = ({ taskUUID }: CancelTask): string => {
  if (taskUUID) return taskUUID;
  const message = "Missing required parameter 'taskUUID': name the task to cancel, or send 'all': true.";
  throw new TaskError('missingTaskUUID', message, { parameter: 'taskUUID' });
};

export const CANCEL_TASK = token<Handler<'cancelTask'>>('cancelTask');

/** Cancels one task of the caller, or all that wait. A repetition answers the same. */
export const createCancelTask = (needs: Needs): Handler<'cancelTask'> => ({
  run: (owner, task) =>
    task.all ? cancelAll(needs, owner, task) : cancelOne(needs, owner, requireTaskUUID(task)),
  dryRun: async (_, task) => {
    const taskUUID = task.all ? task.taskUUID : requireTaskUUID(task);
    return { result: { taskType: 'cancelTask', ...(taskUUID && { taskUUID }), cost: 0 } };
  },
});
