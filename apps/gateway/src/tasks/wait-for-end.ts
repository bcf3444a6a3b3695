import type { ServiceConfig } from '#config';
import { TaskError, toFailure, type Outcome } from '#contract';
import { cancelTask, routingOfTask, type Database, type FoundTask, type TaskRow } from '#database';
import type { GatewayMetrics } from '../gateway-metrics.js';
import type { ReadOutcome } from './read-outcome.js';
import type { WaitingRoom } from './waiting-room.js';

export type WaitNeeds = {
  readonly config: Pick<ServiceConfig, 'SYNC_TIMEOUT_S'>;
  readonly database: Database;
  readonly readOutcome: ReadOutcome;
  readonly waitingRoom: Pick<WaitingRoom, 'wait'>;
  readonly metrics: Pick<GatewayMetrics, 'finished'>;
};

/** The caller has left: nobody reads the outcome. */
const leave = async ({ database, metrics }: WaitNeeds, task: TaskRow): Promise<Outcome> => {
  const cancelled = await cancelTask(database, { abandonedId: task.id });
  if (cancelled.kind === 'ended')
    for (const { model, count } of cancelled.waiting)
      metrics.finished.count({ model, code: 'taskCancelled' }, count);
  return toFailure(new TaskError('taskCancelled', 'The caller closed the connection.'), routingOfTask(task));
};

/** The answer to a sync caller: the end of its task, or why it comes later. */
export const waitForEnd = async (
  needs: WaitNeeds,
  task: FoundTask,
  gone: AbortSignal | undefined,
): Promise<Outcome> => {
  const { SYNC_TIMEOUT_S } = needs.config;
  if (task.finishedAt) return needs.readOutcome(task);

  const waited = await needs.waitingRoom.wait(task.id, SYNC_TIMEOUT_S * 1000, gone);
  if (waited === 'gone') return leave(needs, task);
  if (waited === 'timeout') {
    const message = `The task is not done after ${SYNC_TIMEOUT_S} s; it goes on, ask for it by getResponse.`;
    return toFailure(new TaskError('processingTimeout', message), routingOfTask(task));
  }
  if (waited === 'closing') {
    const message = 'The service is stopping; the task is kept, send it again to get its result.';
    return toFailure(new TaskError('serviceUnavailable', message), routingOfTask(task));
  }
  return needs.readOutcome(waited);
};
