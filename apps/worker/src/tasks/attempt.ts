import { TaskError } from '#contract';
import type { RunFacts, TaskRow } from '#database';
import { createStopwatch } from '#telemetry';
import type { Models } from '../models/served-models.js';
import { nextStep } from './next-step.js';
import { outageOf, toWait } from './outage.js';
import type { removeBackground } from './remove-background.js';
import { openEnding, toProblem, toSuccess, type EndingNeeds } from './task-ending.js';
import { toWorkItem, type WorkItem } from './work-item.js';

/** Claims that may vanish without a word before a task is taken to be what kills its worker. */
const MAX_STALLS = 2;

export type AttemptNeeds = EndingNeeds & {
  /** By AIR id. */
  readonly served: Models['served'];
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

type Attempt = { readonly task: TaskRow; readonly lastTry: boolean; readonly signal: AbortSignal };

/** Ends a task whose workers vanished with it again and again. */
const giveUpPoisoned = async (needs: AttemptNeeds, task: TaskRow): Promise<void> => {
  const ending = openEnding(needs, task);
  const message = `The task ended its worker ${task.stalls} times and was given up.`;
  await ending.fail({ code: 'inferenceError', message, details: {} }, {});
  ending.log.error({ stalls: task.stalls }, 'poisoned task given up');
};

/**
 * Takes a claimed task to its end. Only this function decides whether a task ends; it rejects where the task is to be
 * tried again.
 */
export const runAttempt = async (needs: AttemptNeeds, { task, lastTry, signal }: Attempt): Promise<void> => {
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
