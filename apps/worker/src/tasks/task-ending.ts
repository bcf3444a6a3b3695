import { TaskError, type ProblemCode } from '#contract';
import {
  databaseNow,
  failTask,
  finishTask,
  finishUpload,
  isCancelRequested,
  moveToDevice,
  moveToUpload,
  type Database,
  type StageWritten,
  type TaskRow,
} from '#database';
import type { Durations, Logger, Tracing } from '#telemetry';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import { toColumns, type StageEnd } from './stage-end.js';

export type EndingNeeds = {
  readonly database: Database;
  readonly metrics: Pick<WorkerMetrics, 'ended'>;
  readonly tracing: Tracing;
  readonly log: Logger;
};

type Problem = Parameters<typeof failTask>[2];

/** The caller gets no details of our own faults; the log has them. */
export const toProblem = (error: unknown, task: TaskRow): Problem => {
  if (error instanceof TaskError) return { code: error.code, message: error.message, details: error.details };
  const message = `The task could not be processed. The service's log names the cause under ${task.id}.`;
  return { code: 'inferenceError' as const, message, details: {} };
};

/** Of most ends it is not known whether others wait. */
const unseen = async (writing: Promise<boolean>): Promise<StageWritten> => ({
  kept: await writing,
  mayFeed: true,
});

const write = (database: Database, task: TaskRow, stageEnd: StageEnd): Promise<StageWritten> => {
  if (stageEnd.next === 'device') return moveToDevice(database, task, stageEnd.stages);
  if (stageEnd.next === 'upload')
    return unseen(moveToUpload(database, task, stageEnd.success, stageEnd.remoteHost));
  return 'success' in stageEnd
    ? finishTask(database, task, stageEnd.success)
    : unseen(finishUpload(database, task, stageEnd.stages));
};

/** Writes, counts and logs the end of a claimed task or of one of its stages. */
export const openEnding = ({ database, metrics, tracing, log }: EndingNeeds, task: TaskRow) => {
  const bound = log.child({ taskId: task.id, taskUUID: task.taskUuidSent, attempt: task.attempt });
  const end = <T>(write: () => Promise<T>) => tracing.trace('finish', {}, write);
  const count = async (durations: Durations, code?: ProblemCode) => {
    const ms = (await databaseNow(database)).getTime() - task.createdAt.getTime();
    metrics.ended({ model: task.model ?? 'none', durations, ms, ...(code && { code }) });
  };
  return {
    /**
     * Writes what came of a stage. It is not kept when another worker has claimed the task meanwhile.
     */
    move: async (stageEnd: StageEnd, durations: Durations): Promise<StageWritten> => {
      const written = await end(() => write(database, task, stageEnd));
      if (written.kept && stageEnd.next === 'end') await count(durations);
      return written;
    },
    /** Whether the result was refused because the task was cancelled. */
    isCancelled: () => isCancelRequested(database, task),
    fail: async (problem: Problem, durations: Durations): Promise<boolean> => {
      const kept = await end(() => failTask(database, task, problem, toColumns(durations)));
      if (kept) await count(durations, problem.code);
      tracing.note({ 'clearcut.code': problem.code });
      return kept;
    },
    log: bound,
  };
};
