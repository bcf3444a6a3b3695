import type { TaskRow, TaskStage } from '#database';
import type { Feeder } from '#feeder';
import type { Handler } from '#queue';
import type { Tracing } from '#telemetry';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import { runAttempt, type AttemptNeeds } from './attempt.js';
import { createClaims } from './claims.js';
import { createOutageLog, toOutage } from './outage.js';

type Needs = AttemptNeeds & {
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly metrics: Pick<WorkerMetrics, 'givenBack'>;
};

/** Continues the trace that the gateway began: first the wait in the queue, then the work. */
const inTrace = <T>(tracing: Tracing, task: TaskRow, work: () => Promise<T>): Promise<T> => {
  const { id, model, attempt, stage, traceParent: parent, createdAt: startedAt } = task;
  const isFirstStage = stage !== 'upload' && task.fetchMs === null;
  if (isFirstStage) tracing.begin('queue', { parent, startedAt }).end({}, false);
  const attributes = {
    'clearcut.task_id': id,
    'clearcut.model': model ?? 'none',
    'clearcut.attempt': attempt,
  };
  return tracing.trace(
    stage === 'device' ? 'process' : `process ${stage}`,
    { kind: 'consumer', parent, attributes },
    work,
  );
};

/** The lanes that a task which leaves this stage may change: its own has a place again, another may have a task more. */
const lanesAfter = ({ stage, model, uploadUrl }: TaskRow): string[] => {
  const device = model === null ? [] : [model];
  const lanes = {
    fetch: ['fetch', ...device],
    device: [...device, ...(uploadUrl ? ['upload'] : [])],
    upload: ['upload'],
  };
  return lanes[stage];
};

/**
 * Handles the jobs of one stage: claims the row, does the work, and moves the row on or ends it. The claim fences every
 * write.
 */
export const processTask = (needs: Needs, stage: TaskStage): Handler => {
  const { database, feeder, metrics, tracing, log } = needs;
  const claims = createClaims(database);
  const logOutage = createOutageLog(log);

  const process: Handler = async ({ taskId, lastTry }, signal) => {
    const task = await claims.take(taskId, stage);
    if (!task) return log.debug({ taskId, stage }, 'nothing to do: the task has ended or moved on');
    try {
      await inTrace(tracing, task, () => runAttempt(needs, { task, lastTry, signal }));
      lanesAfter(task).forEach(feeder.wake);
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
