import { TaskError } from '#contract';
import type { RunFacts, TaskRow } from '#database';
import type { Storage } from '#storage';
import { createStopwatch } from '#telemetry';
import type { Models } from '../models/served-models.js';
import { nextStep } from './next-step.js';
import { outageOf, toWait } from './outage.js';
import type { removeBackground } from './remove-background.js';
import { openEnding, toProblem, toSuccess, type EndingNeeds } from './task-ending.js';
import { outputKey, toWorkItem, type WorkItem } from './work-item.js';

/** A task whose workers vanished more often than this is poisoned. */
const MAX_STALLS = 2;

export type AttemptNeeds = EndingNeeds & {
  /** By AIR id. */
  readonly served: Models['served'];
  readonly remove: ReturnType<typeof removeBackground>;
  readonly storage: Pick<Storage, 'remove'>;
  /** Whether this machine caused a fault, so that another worker may succeed. */
  readonly isMachineFault: (error: unknown) => Promise<boolean>;
  /** Where this worker runs. */
  readonly facts: Pick<RunFacts, 'provider' | 'device'>;
  /** The time limit of one attempt. */
  readonly timeoutMs: number;
  /** How long after its acceptance a task may wait for an outage to end. */
  readonly deadlineMs: number;
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
    /** The deadline, if it caused the error. */
    reasonOr: (error: unknown): unknown => (signal.aborted ? signal.reason : error),
  };
};

/** Deletes the result of a failed task. A file that cannot be deleted is logged. */
const discard = ({ storage, log }: AttemptNeeds, item: WorkItem): Promise<void> =>
  storage.remove(outputKey(item)).catch((err: unknown) => {
    log.warn({ err, taskId: item.task.id }, 'result of a failed task could not be deleted');
  });

type Attempt = { readonly task: TaskRow; readonly lastTry: boolean; readonly signal: AbortSignal };

/** Ends a task whose workers keep vanishing. */
const giveUpPoisoned = async (needs: AttemptNeeds, task: TaskRow): Promise<void> => {
  const ending = openEnding(needs, task);
  const message = `The task ended its worker ${task.stalls} times and was given up.`;
  await ending.fail({ code: 'inferenceError', message, details: {} }, {});
  ending.log.error({ stalls: task.stalls }, 'poisoned task given up');
};

/**
 * Runs one attempt of a claimed task. Only this function decides whether the task ends; it rejects when the task
 * must be tried again.
 */
export const runAttempt = async (needs: AttemptNeeds, { task, lastTry, signal }: Attempt): Promise<void> => {
  const { served, remove, facts: where, timeoutMs, deadlineMs, tracing } = needs;
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
    // Bytes that were stored before the upload failed have no row. Only the last claim may delete them.
    if (kept && stopwatch.durations.store !== undefined) await discard(needs, toWorkItem(task, served));
  } finally {
    deadline.clear();
  }
};
