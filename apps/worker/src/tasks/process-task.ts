import type { TaskRow } from '#database';
import type { Handler } from '#queue';
import type { Tracing } from '#telemetry';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import { runAttempt, type AttemptNeeds } from './attempt.js';
import { createClaims } from './claims.js';
import { createOutageLog, toOutage } from './outage.js';

type Needs = AttemptNeeds & { readonly metrics: Pick<WorkerMetrics, 'givenBack'> };

/** Continues the trace that the gateway began: first the wait in the queue, then the work. */
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
 * Handles one job: claims the row, does the work, ends the row. The claim fences every write.
 */
export const processTask = (needs: Needs): Handler => {
  const { database, metrics, tracing, log } = needs;
  const claims = createClaims(database);
  const logOutage = createOutageLog(log);

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
      logOutage(outage.message, { taskId: job.taskId, err: outage.cause });
      throw outage;
    }
  };
};
