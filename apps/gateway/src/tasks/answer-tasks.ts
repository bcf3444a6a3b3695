import {
  createTurns,
  parseTask,
  removalTypes,
  routingOf,
  TaskError,
  toFailure,
  withDocumentation,
  type Outcome,
  type Task,
  type TaskType,
  type WebhookForm,
} from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import { createFaultLog, type Logger, type Tracing } from '#telemetry';
import type { Caller, Handler, Handlers, Reported } from './handlers.js';
import type { SentTask } from './sent-task.js';
import { requireScopeFor } from './scopes.js';
import { toServiceFault } from './service-fault.js';

/** Task types that create a row. Two of them must not share a UUID within one request. */
const createsRow: readonly unknown[] = ['imageUpload', 'mediaStorage', ...removalTypes] satisfies TaskType[];

const workUuidOf = (raw: unknown): string | undefined => {
  const { taskType, taskUUID } = routingOf(raw);
  return createsRow.includes(taskType) ? taskUUID?.toLowerCase() : undefined;
};

const findDuplicates = (tasks: readonly unknown[]): ReadonlySet<string> => {
  const uuids = tasks.flatMap((raw) => workUuidOf(raw) ?? []);
  return new Set(uuids.filter((uuid, i) => uuids.indexOf(uuid) !== i));
};

/** The tasks of one request or frame, as they came. */
export type TaskBatch = {
  readonly owner: Owner;
  readonly tasks: readonly unknown[];
  /** Validate and price, but store and run nothing. */
  readonly isDryRun: boolean;
  /** Is called when the last task has begun. */
  readonly onBegun?: () => void;
  /** Aborts when the caller's connection closed; absent where a caller may come back. */
  readonly gone?: AbortSignal | undefined;
  /** How the bodies of webhooks look. */
  readonly webhookForm?: WebhookForm | undefined;
  /** Is called with each stored task that asks for reports, and its index. */
  readonly onReported?: (reported: Reported, index: number) => void;
};

/** Starts all tasks and answers each on its own: one failure does not affect the others. */
export type AnswerTasks = (batch: TaskBatch) => Promise<Outcome>[];

export const ANSWER_TASKS = token<AnswerTasks>('answer tasks');

type Needs = {
  readonly handlers: Handlers;
  readonly config: { readonly PUBLIC_URL: string };
  readonly tracing: Tracing;
  readonly log: Logger;
};

const handle = (
  handlers: Handlers,
  { owner, isDryRun }: TaskBatch,
  task: Task,
  sent: SentTask,
  caller: Caller,
): Promise<Outcome> => {
  // The table pairs taskType and handler, but the compiler loses the pairing on look-up.
  const handler = handlers[task.taskType] as Handler<TaskType>;
  return isDryRun ? handler.dryRun(owner, task, sent) : handler.run(owner, task, sent, caller);
};

export const createAnswerTasks = ({ handlers, config, tracing, log }: Needs): AnswerTasks => {
  // In an outage each task would be a line.
  const logFault = createFaultLog(log, 'task not taken');
  const answerOne = async (
    batch: TaskBatch,
    raw: unknown,
    caller: Caller,
    isDuplicate: boolean,
  ): Promise<Outcome> => {
    const routing = routingOf(raw);
    try {
      if (isDuplicate) {
        const message = 'Two tasks of this request share this taskUUID; neither was taken.';
        throw new TaskError('duplicateTaskUUID', message, { parameter: 'taskUUID' });
      }
      const task = parseTask(raw);
      tracing.note({ 'clearcut.task_type': task.taskType });
      requireScopeFor(batch.owner, task.taskType);
      return await handle(handlers, batch, task, raw as SentTask, caller);
    } catch (error) {
      if (error instanceof TaskError) return toFailure(error, routing);
      logFault(error);
      return toFailure(toServiceFault(error), routing);
    }
  };

  return (batch) => {
    const duplicates = findDuplicates(batch.tasks);
    // To explain the faults of one task takes milliseconds.
    const turn = createTurns();
    return batch.tasks.map(async (raw, i) => {
      await turn();
      if (i === batch.tasks.length - 1) batch.onBegun?.();
      const report = batch.onReported && ((reported: Reported) => batch.onReported?.(reported, i));
      const caller = { gone: batch.gone, report, webhookForm: batch.webhookForm };
      const isDuplicate = duplicates.has(workUuidOf(raw) ?? '');
      const outcome = await tracing.trace('task', {}, () => answerOne(batch, raw, caller, isDuplicate));
      return withDocumentation(outcome, config.PUBLIC_URL);
    });
  };
};
