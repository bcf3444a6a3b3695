import type { ClaimedTask, TaskRow, TaskStage } from '#database';
import type { Feeder } from '#feeder';
import { deviceLossIn } from '#pipeline';
import { OutageError, pauseMs, type Handler } from '#queue';
import type { Tracing } from '#telemetry';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';
import { runAttempt, type AttemptNeeds } from './attempt.js';
import { createClaims } from './claims.js';
import type { Company } from './company.js';
import { createOutageLog, toOutage } from './outage.js';
import type { OutagePause } from './outage-pause.js';

type Needs = AttemptNeeds & {
  /** Names this process in its claims. */
  readonly workerId: string;
  /** Shared by all stages. */
  readonly company: Company;
  readonly outages: Pick<OutagePause, 'failed' | 'succeeded'>;
  readonly feeder: Pick<Feeder, 'wake' | 'wakeLater'>;
  readonly metrics: Pick<WorkerMetrics, 'givenBack'>;
  /** The longest wait between two tries during an outage. */
  readonly longestPauseMs: number;
};

/** The beginning of its wait by this machine's clock, to which the other spans keep. */
const queuedSince = ({ createdAt, startedAt }: TaskRow): Date =>
  new Date(Date.now() - ((startedAt ?? createdAt).getTime() - createdAt.getTime()));

/** Continues the trace that the gateway began: first the wait in the queue, then the work. */
const inTrace = <T>(tracing: Tracing, task: TaskRow, work: () => Promise<T>): Promise<T> => {
  const { id, model, attempt, stage, traceParent: parent } = task;
  const isFirstStage = stage !== 'upload' && task.fetchMs === null;
  if (isFirstStage) tracing.begin('queue', { parent, startedAt: queuedSince(task) }).end({}, false);
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

/** The lane of the task's stage. A task of an older gateway may have no model, and then no worker serves it. */
const laneOf = ({ stage, model }: TaskRow): string => (stage === 'device' ? (model ?? '') : stage);

/** The lane that the task comes to wait in after this stage. */
const nextLaneOf = ({ stage, model, uploadUrl }: TaskRow): string | undefined => {
  if (stage === 'fetch') return model ?? undefined;
  return stage === 'device' && uploadUrl ? 'upload' : undefined;
};

/**
 * Handles the jobs of one stage: claims the row, does the work, and moves the row on or ends it. The claim fences every
 * write.
 */
export const processTask = (needs: Needs, stage: TaskStage): Handler => {
  const { database, feeder, metrics, longestPauseMs, tracing, log, workerId, company, outages } = needs;
  const claims = createClaims(database, workerId);
  /** Tasks whose job may come again meanwhile, as after a lost lock. */
  const inHand = new Set<string>();
  const logOutage = createOutageLog(log);

  /**
   * Lets a task wait out an outage in Postgres, where it keeps no place from others: the trouble may be its own. While
   * Postgres is away, its job waits in the queue.
   */
  const postpone = async (task: TaskRow, outage: OutageError): Promise<boolean> => {
    const ms = Math.min(pauseMs(task.waits, longestPauseMs), outage.leftMs);
    if (!(await claims.postpone(task, ms))) return false;
    logOutage(outage.message, { taskId: task.id, err: outage.cause });
    feeder.wake(laneOf(task));
    feeder.wakeLater(laneOf(task), ms);
    return true;
  };

  const run = async (task: ClaimedTask, lastTry: boolean, signal: AbortSignal): Promise<void> => {
    const taskId = task.id;
    try {
      const { mayFeed } = await inTrace(tracing, task, () => runAttempt(needs, { task, lastTry, signal }));
      outages.succeeded();
      if (mayFeed) feeder.wake(laneOf(task));
      const next = nextLaneOf(task);
      if (next !== undefined) feeder.wake(next);
    } catch (error) {
      const { model, taskUuidSent: taskUUID, attempt } = task;
      metrics.givenBack.inc({ model: model ?? 'none' });
      if (error instanceof OutageError) outages.failed(error);
      if (error instanceof OutageError && (await postpone(task, error))) return;
      if (!toOutage(error)) log.warn({ err: error, taskId, taskUUID, attempt }, 'task given back');
      // The images of the run that lost the device may have done it. Their tasks stay claimed until this process ends,
      // which counts as a vanished claim.
      if (deviceLossIn(error) !== 'run') await claims.giveBack(task);
      throw error;
    }
  };

  /** @returns whether the task must be taken alone */
  const takeAndRun = async (job: Parameters<Handler>[0], signal: AbortSignal, isAlone: boolean) => {
    const { taskId, lastTry } = job;
    const nothingToDo = () => {
      log.debug({ taskId, stage }, 'nothing to do: the task has ended, moved on or is in hand');
      return false;
    };
    if (inHand.has(taskId)) return nothingToDo();
    inHand.add(taskId);
    try {
      const task = await claims.take(taskId, stage, isAlone);
      if (task === 'suspect') return true;
      if (!task) return nothingToDo();
      await run(task, lastTry, signal);
      return false;
    } finally {
      inHand.delete(taskId);
    }
  };

  /** Claims wait for their turn, so that a worker that ends beside a suspect holds no other task. */
  const process: Handler = async (job, signal) => {
    const isSuspect = await company.together(signal, () => takeAndRun(job, signal, false));
    if (!isSuspect) return;
    log.info({ taskId: job.taskId }, 'the task runs alone, since workers vanished that had it');
    await company.alone(signal, () => takeAndRun(job, signal, true));
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
