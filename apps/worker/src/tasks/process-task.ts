import { TaskError, type ProblemCode } from '#contract';
import {
  failTask,
  finishTask,
  RemovalRequest,
  type RunFacts,
  type Success,
  type Database,
  type StageColumns,
  type Task,
} from '#database';
import { contentTypeOf, extensionOf } from '#imaging';
import { costOf } from '#models';
import { OutageError, type Handler } from '#queue';
import { imageKey } from '#storage';
import { createStopwatch, type Durations, type Logger, type Tracing } from '#telemetry';
import { createClaims } from './claims.js';
import { nextStep } from './next-step.js';
import { createOutageLog, outageOf, toOutage } from './outage.js';
import type { WorkItem, removeBackground, ResultFacts } from './remove-background.js';
import type { ServedModel } from '../models/served-models.js';
import type { WorkerMetrics } from '../metrics/worker-metrics.js';

/** Claims that may vanish without a word before a task is taken to be what kills its worker. */
const MAX_STALLS = 2;

type Needs = {
  readonly database: Database;
  /** By AIR id. */
  readonly served: ReadonlyMap<string, ServedModel>;
  readonly remove: ReturnType<typeof removeBackground>;
  /** Deletes what a failed task may have stored. */
  readonly discard: (item: WorkItem) => Promise<void>;
  /** Whether this machine is to blame for a fault, so that another try elsewhere may succeed. */
  readonly isMachineFault: (error: unknown) => Promise<boolean>;
  /** Where this worker runs. */
  readonly facts: Pick<RunFacts, 'provider' | 'device'>;
  /** How long one attempt may take, after which the task is given up. */
  readonly timeoutMs: number;
  /** How long after its acceptance a task may wait for what the service lacks. */
  readonly deadlineMs: number;
  readonly metrics: Pick<WorkerMetrics, 'ended' | 'givenBack'>;
  readonly tracing: Tracing;
  readonly log: Logger;
};

const toColumns = (durations: Durations): StageColumns =>
  Object.fromEntries(Object.entries(durations).map(([stage, ms]) => [`${stage}Ms`, ms]));

const toWorkItem = (task: Task, models: Needs['served']): WorkItem => {
  const served = models.get(task.model ?? '');
  if (!served) throw new TaskError('modelUnavailable', `This worker does not serve ${task.model}.`);
  return { task, request: RemovalRequest.parse(task.request), served };
};

/** Where the cutout goes; derived from the task, so that a later attempt overwrites and does not duplicate. */
export const outputKey = ({ task, request }: WorkItem): string =>
  imageKey('outputs', task.outputImageId, extensionOf(request.outputFormat));

type Ran = Pick<RunFacts, 'provider' | 'device'> & { readonly durations: Durations };

/** What is written down of a task that succeeded. */
const toSuccess = (
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

const startDeadline = (timeoutMs: number) => {
  const controller = new AbortController();
  const message = `The task took longer than ${timeoutMs / 1000} s and was given up.`;
  // Final, since another attempt would take as long.
  const timedOut = () => new TaskError('taskTimeout', message, {}, { final: true });
  const timer = setTimeout(() => controller.abort(timedOut()), timeoutMs);
  const { signal } = controller;
  return {
    signal,
    clear: () => clearTimeout(timer),
    /** Whatever the stage that was broken off says: the deadline is why. */
    reasonOr: (error: unknown): unknown => (signal.aborted ? signal.reason : error),
  };
};

type Problem = Parameters<typeof failTask>[2];

/** What the caller is told of a fault that is ours; the log has the rest. */
const toProblem = (error: unknown, task: Task): Problem => {
  if (error instanceof TaskError) return { code: error.code, message: error.message, details: error.details };
  const message = `The task could not be processed. The service's log names the cause under ${task.id}.`;
  return { code: 'inferenceError' as const, message, details: {} };
};

/** An outage is waited out until the task's deadline; both times are of the database. */
const toWait = (outage: string, { createdAt, startedAt }: Task, deadlineMs: number, cause: unknown) => {
  const leftMs = createdAt.getTime() + deadlineMs - (startedAt ?? createdAt).getTime();
  if (leftMs > 0) return new OutageError(outage, leftMs, { cause });
  const message = `The task was given up after ${deadlineMs / 1000} s: ${outage}.`;
  return new TaskError('serviceUnavailable', message, {}, { cause, final: true });
};

type Attempt = { readonly task: Task; readonly lastTry: boolean; readonly signal: AbortSignal };

/** How the end of a claim is written, counted and logged. */
const openEnding = ({ database, metrics, tracing, log }: Needs, task: Task) => {
  const bound = log.child({ taskId: task.id, taskUUID: task.taskUuidSent, attempt: task.attempt });
  const end = (write: () => Promise<boolean>) => tracing.trace('finish', {}, write);
  const count = (durations: Durations, code?: ProblemCode) => {
    const ms = Date.now() - task.createdAt.getTime();
    metrics.ended({ model: task.model ?? 'none', durations, ms, ...(code && { code }) });
  };
  return {
    /** Resolves with false when somebody else has claimed the task meanwhile. */
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

/** Ends a task whose workers vanished with it again and again. */
const giveUpPoisoned = async (needs: Needs, task: Task): Promise<void> => {
  const ending = openEnding(needs, task);
  const message = `The task ended its worker ${task.stalls} times and was given up.`;
  await ending.fail({ code: 'inferenceError', message, details: {} }, {});
  ending.log.error({ stalls: task.stalls }, 'poisoned task given up');
};

/** A claimed task, to its end; rejects when it is to be tried again. */
const runTask = async (needs: Needs, { task, lastTry, signal }: Attempt): Promise<void> => {
  const { served, remove, discard, facts: where, timeoutMs, deadlineMs, tracing } = needs;
  if (task.stalls > MAX_STALLS) return giveUpPoisoned(needs, task);

  const ending = openEnding(needs, task);
  const deadline = startDeadline(timeoutMs);
  const bounded = AbortSignal.any([signal, deadline.signal]);
  const stopwatch = createStopwatch((stage, work) => tracing.trace(stage, {}, work));
  stopwatch.durations.queue = Date.now() - task.createdAt.getTime();
  try {
    const item = toWorkItem(task, served);
    const result = await remove(item, stopwatch, bounded);
    const success = toSuccess(item, result, { ...where, durations: stopwatch.durations });
    const kept = await ending.succeed(success, stopwatch.durations);
    const { run, cost } = success;
    const { image, finish } = result;
    const facts = { model: task.model, ...run, cost, ...image, ...finish };
    ending.log.info({ ...facts, ms: stopwatch.durations, kept }, 'task finished');
  } catch (caught) {
    const outage = outageOf(caught);
    const error = outage ? toWait(outage, task, deadlineMs, caught) : deadline.reasonOr(caught);
    const hasTries = signal.aborted || !lastTry || (await needs.isMachineFault(error));
    if (nextStep(error, hasTries) !== 'fail') throw error;
    const ours = !(error instanceof TaskError) || outage !== undefined;
    const problem = toProblem(error, task);
    const kept = await ending.fail(problem, stopwatch.durations);
    const cause = ours && { err: error };
    ending.log[ours ? 'error' : 'info']({ code: problem.code, kept, ...cause }, 'task failed');
    // Nobody will name bytes that were stored before the upload failed. Only the last claim may delete them.
    if (kept && stopwatch.durations.store !== undefined) await discard(toWorkItem(task, served));
  } finally {
    deadline.clear();
  }
};

/** Takes the trace of a task up where the gateway left it: its wait, and then what is done here. */
const inTrace = <T>(tracing: Tracing, task: Task, work: () => Promise<T>): Promise<T> => {
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
 * The worker's side of one job: claim the row, do the work, end the row. Only this function decides whether a
 * task ends or is tried again. Every write is fenced by the claim.
 */
export const processTask = (needs: Needs): Handler => {
  const { database, metrics, tracing, log } = needs;
  const claims = createClaims(database);
  const noteOutage = createOutageLog(log);

  const process: Handler = async ({ taskId, lastTry }, signal) => {
    const task = await claims.take(taskId);
    if (!task) return log.debug({ taskId }, 'nothing to do: the task has ended');
    try {
      await inTrace(tracing, task, () => runTask(needs, { task, lastTry, signal }));
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
