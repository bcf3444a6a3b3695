import { TaskError } from '#contract';
import {
  endingProblems,
  RemovalRequest,
  SUSPECT_STALLS,
  type StageWritten,
  type ClaimedTask,
  type TaskRow,
} from '#database';
import type { Storage } from '#storage';
import { createStopwatch, type Durations } from '#telemetry';
import { cancelledError, type Cancellations } from './cancellations.js';
import { nextStep } from './next-step.js';
import { outageOf, toWait } from './outage.js';
import { durationsOf, type StageEnd } from './stage-end.js';
import type { RunStages } from './stages.js';
import { openEnding, toProblem, type EndingNeeds } from './task-ending.js';
import { outputKey } from './work-item.js';

export type AttemptNeeds = EndingNeeds & {
  readonly stages: RunStages;
  readonly storage: Pick<Storage, 'remove'>;
  /** Whether this machine caused a fault, so that another worker may succeed. */
  readonly isMachineFault: (error: unknown) => Promise<boolean>;
  readonly cancellations: Cancellations;
  /** The time limit of one attempt. */
  readonly timeoutMs: number;
  /** How long after its acceptance a task may wait for an outage to end. */
  readonly deadlineMs: number;
};

const overdueError = (): TaskError => {
  const { code, message, details } = endingProblems.overdue;
  return new TaskError(code, message, details);
};

/** Final, since another attempt would take as long. */
const timeoutError = (timeoutMs: number): TaskError => {
  const message = `The task took longer than ${timeoutMs / 1000} s and was given up.`;
  return new TaskError('taskTimeout', message, {}, { final: true });
};

/** What is left until the task's own deadline. Both times come from the database. */
const leftMsOf = ({ deadlineAt, startedAt }: TaskRow): number =>
  deadlineAt && startedAt ? deadlineAt.getTime() - startedAt.getTime() : Infinity;

/** Ends the attempt at the time limit, at the task's deadline, or when the task is cancelled. */
const startLimits = ({ timeoutMs, cancellations }: AttemptNeeds, task: TaskRow) => {
  const controller = new AbortController();
  const leftMs = leftMsOf(task);
  const limitMs = Math.min(timeoutMs, leftMs);
  const timer = setTimeout(
    () => controller.abort(leftMs < timeoutMs ? overdueError() : timeoutError(timeoutMs)),
    limitMs,
  );
  const unwatch = cancellations.watch(task.id, (error) => controller.abort(error));
  const { signal } = controller;
  return {
    signal,
    clear: () => {
      clearTimeout(timer);
      unwatch();
    },
    /** The limit, if it caused the error. */
    reasonOr: (error: unknown): unknown => (signal.aborted ? signal.reason : error),
  };
};

/** Deletes the result of a failed task. A file that cannot be deleted is logged. */
const discard = ({ storage, log }: AttemptNeeds, task: TaskRow): Promise<void> =>
  storage.remove(outputKey({ task, request: RemovalRequest.parse(task.request) })).catch((err: unknown) => {
    log.warn({ err, taskId: task.id }, 'result of a failed task could not be deleted');
  });

/** What the log tells of a task that succeeded. */
const factsOf = (task: TaskRow, stageEnd: StageEnd) => {
  const { model, provider, device, weightsSha256, cost } = task;
  if (!('success' in stageEnd)) return { model, provider, device, weightsSha256, cost: cost?.toString() };
  const { run, cost: costNow, image, finish } = stageEnd.success;
  const { bytes, width, height } = image;
  return { model, ...run, cost: costNow, bytes, width, height, ...finish };
};

type Attempt = { readonly task: ClaimedTask; readonly lastTry: boolean; readonly signal: AbortSignal };

/** A suspect whose workers vanish in a way that nobody saw is given up at the deadline of all tasks. */
const isPastPatience = ({ stalls, createdAt, startedAt }: TaskRow, deadlineMs: number): boolean =>
  stalls >= SUSPECT_STALLS && startedAt !== null && startedAt.getTime() - createdAt.getTime() > deadlineMs;

const vanishedError = ({ stalls }: TaskRow, deadlineMs: number): TaskError => {
  const message = `Workers vanished ${stalls} times with this task in hand. It was given up after ${deadlineMs / 1000} s.`;
  return new TaskError('inferenceError', message, {}, { final: true });
};

/** Why a claimed task is not to be run any more. */
const unwantedBy = (task: TaskRow, deadlineMs: number): TaskError | undefined => {
  if (isPastPatience(task, deadlineMs)) return vanishedError(task, deadlineMs);
  if (task.cancelRequestedAt) return cancelledError();
  return leftMsOf(task) <= 0 ? overdueError() : undefined;
};

type Ending = ReturnType<typeof openEnding>;

/** Ends a task whose stage failed, or rejects when the stage must be tried again. */
const endOrRetry = async (
  needs: AttemptNeeds,
  { task, lastTry, signal }: Attempt,
  ending: Ending,
  failed: { readonly caught: unknown; readonly error: unknown; readonly durations: Durations },
): Promise<void> => {
  const outage = outageOf(failed.caught);
  const error = outage ? toWait(outage, task, needs.deadlineMs, failed.caught) : failed.error;
  const hasTries = signal.aborted || !lastTry || (await needs.isMachineFault(error));
  if (nextStep(error, hasTries) !== 'fail') throw error;

  const ours = !(error instanceof TaskError) || outage !== undefined;
  const problem = toProblem(error, task);
  const { durations } = failed;
  const kept = await ending.fail(problem, durations);
  ending.log[ours ? 'error' : 'info'](
    { code: problem.code, kept, ...(ours && { err: error }) },
    'task failed',
  );
  // Bytes that were stored before the task failed have no row. Only the last claim may delete them.
  if (kept && durations.store !== undefined) await discard(needs, task);
};

/**
 * Runs one stage of a claimed task. Only this function decides whether the task ends; it rejects when the stage must be
 * tried again.
 */
export const runAttempt = async (
  needs: AttemptNeeds,
  attempt: Attempt,
): Promise<Pick<StageWritten, 'mayFeed'>> => {
  const { stages, tracing } = needs;
  const { task, signal } = attempt;
  const ending = openEnding(needs, task);
  const limits = startLimits(needs, task);
  const bounded = AbortSignal.any([signal, limits.signal]);
  const stopwatch = createStopwatch((stage, work) => tracing.trace(stage, {}, work), durationsOf(task));
  const { durations } = stopwatch;
  try {
    const unwanted = unwantedBy(task, needs.deadlineMs);
    if (unwanted) throw unwanted;
    const stageEnd = await stages[task.stage](task, stopwatch, bounded);
    const { kept, mayFeed } = await ending.move(stageEnd, durations);
    if (!kept && (await ending.isCancelled())) throw cancelledError();
    if (stageEnd.next === 'end')
      ending.log.info({ ...factsOf(task, stageEnd), ms: durations, kept }, 'task finished');
    return { mayFeed };
  } catch (caught) {
    await endOrRetry(needs, attempt, ending, { caught, error: limits.reasonOr(caught), durations });
    return { mayFeed: true };
  } finally {
    limits.clear();
  }
};
