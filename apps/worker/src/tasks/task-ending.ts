import { TaskError, type ProblemCode } from '#contract';
import {
  failTask,
  finishTask,
  type Database,
  type RunFacts,
  type StageColumns,
  type Success,
  type TaskRow,
} from '#database';
import { contentTypeOf } from '#imaging';
import { costOf } from '#models';
import type { Durations, Logger, Tracing } from '#telemetry';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import type { ResultFacts } from './remove-background.js';
import { outputKey, type WorkItem } from './work-item.js';

export type EndingNeeds = {
  readonly database: Database;
  readonly metrics: Pick<WorkerMetrics, 'ended'>;
  readonly tracing: Tracing;
  readonly log: Logger;
};

const toColumns = (durations: Durations): StageColumns =>
  Object.fromEntries(Object.entries(durations).map(([stage, ms]) => [`${stage}Ms`, ms]));

type Ran = Pick<RunFacts, 'provider' | 'device'> & { readonly durations: Durations };

/** The columns of a task that succeeded. */
export const toSuccess = (
  item: WorkItem,
  { image, finish }: ResultFacts,
  { provider, device, durations }: Ran,
): Success => {
  const { task, request, served } = item;
  const contentType = contentTypeOf(request.outputFormat);
  const { outputImageId: id, ownerId } = task;
  return {
    image: { id, ownerId, storageKey: outputKey(item), contentType, ...image },
    cost: costOf(served.model, finish.unknownPixels ?? 0),
    run: { provider, device, weightsSha256: served.sha256 },
    finish,
    stages: toColumns(durations),
  };
};

type Problem = Parameters<typeof failTask>[2];

/** The caller gets no details of our own faults; the log has them. */
export const toProblem = (error: unknown, task: TaskRow): Problem => {
  if (error instanceof TaskError) return { code: error.code, message: error.message, details: error.details };
  const message = `The task could not be processed. The service's log names the cause under ${task.id}.`;
  return { code: 'inferenceError' as const, message, details: {} };
};

/** Writes, counts and logs the end of a claimed task. */
export const openEnding = ({ database, metrics, tracing, log }: EndingNeeds, task: TaskRow) => {
  const bound = log.child({ taskId: task.id, taskUUID: task.taskUuidSent, attempt: task.attempt });
  const end = (write: () => Promise<boolean>) => tracing.trace('finish', {}, write);
  const count = (durations: Durations, code?: ProblemCode) => {
    const ms = Date.now() - task.createdAt.getTime();
    metrics.ended({ model: task.model ?? 'none', durations, ms, ...(code && { code }) });
  };
  return {
    /** Resolves with false when another worker has claimed the task meanwhile. */
    succeed: async (success: Success, durations: Durations): Promise<boolean> => {
      const kept = await end(() => finishTask(database, task, success));
      if (kept) count(durations);
      return kept;
    },
    fail: async (problem: Problem, durations: Durations): Promise<boolean> => {
      const kept = await end(() => failTask(database, task, problem, toColumns(durations)));
      if (kept) count(durations, problem.code);
      tracing.note({ 'clearcut.code': problem.code });
      return kept;
    },
    log: bound,
  };
};
