import type { TaskRow } from '#database';
import type { Handler } from '#queue';
import type { Tracing } from '#telemetry';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import { runAttempt, type AttemptNeeds } from './attempt.js';
import { createClaims } from './claims.js';
import { createOutageLog, toOutage } from './outage.js';

type Needs = AttemptNeeds & { readonly metrics: Pick<WorkerMetrics, 'givenBack'> };

/** Takes the trace of a task up where the gateway left it: its wait, and then what is done here. */
const inTrace = <T>(tracing: Tracing, task: TaskRow, work: () => Promise<T>): Promise<T> => {
  const { id, model, attempt, traceParent: parent, createdAt: startedAt } = task;
  tracing.begin('queue', { parent, startedAt }).end({}, false);
  const attributes = {
    'clearcut.task_id': id,
    'clearcut.model': model ?? 'none',
    'clearcut.attempt': attempt,
  };
  return tracing.trace('process', { kind: 'consumer', parent, attributes }, work);
};

/**
 * The worker's side of one job: claim the row, do the work, end the row. Every write is fenced by the
 * claim.
 */
export const processTask = (needs: Needs): Handler => {
  const { database, metrics, tracing, log } = needs;
  const claims = createClaims(database);
  const noteOutage = createOutageLog(log);

  const process: Handler = async ({ taskId, lastTry }, signal) => {
    const task = await claims.take(taskId);
    if (!task) return log.debug({ taskId }, 'nothing to do: the task has ended');
    try {
      await inTrace(tracing, task, () => runAttempt(needs, { task, lastTry, signal }));
    } catch (error) {
      const { model, taskUuidSent: taskUUID, attempt } = task;
      metrics.givenBack.inc({ model: model ?? 'none' });
      if (!toOutage(error)) log.warn({ err: error, taskId, taskUUID, attempt }, 'task given back');
      await claims.giveBack(task);
      throw error;
    }
  };

  return async (job, signal) => {
    try {
      await process(job, signal);
    } catch (error) {
      const outage = toOutage(error);
      if (!outage) throw error;
      noteOutage(outage.message, { taskId: job.taskId, err: outage.cause });
      throw outage;
    }
  };
};
