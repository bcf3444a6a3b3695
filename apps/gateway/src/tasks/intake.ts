import { TaskError, toAnswer, type Reply, type WebhookForm } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import type { AnswerTasks } from './answer-tasks.js';
import type { Admission } from './admission.js';
import { isAuthentication, missingKey } from './authenticate.js';

export type IntakeOptions = {
  /** The caller, if the key is valid. */
  readonly owner: Owner | undefined;
  /** Validate and price, but store and run nothing. */
  readonly isDryRun: boolean;
  /** Aborts when the caller's connection closed. */
  readonly gone?: AbortSignal;
  /** How the bodies of webhooks look; as those of our own API unless given. */
  readonly webhookForm?: WebhookForm;
};
/**
 * Answers the body of one request; rejects with a TaskError when the request as a whole is at fault. A lone
 * authentication task asks whether the key is valid.
 */
export type Intake = (
  body: unknown,
  options: IntakeOptions,
) => Promise<Reply & { readonly headers: Record<string, string> }>;

export const INTAKE = token<Intake>('intake');

/** @throws TaskError when it is not an array of one to `max` tasks */
export const requireTasks = (body: unknown, max: number): readonly unknown[] => {
  if (!Array.isArray(body))
    throw new TaskError('invalidRequestBody', 'The body must be a JSON array of tasks.');
  if (body.length === 0) {
    throw new TaskError('arrayTooSmall', 'The array must hold at least one task.', { min: 1 });
  }
  if (body.length > max) {
    const message = `The array holds ${body.length} tasks; at most ${max} are allowed.`;
    throw new TaskError('maxTasksPerRequestExceeded', message, { max });
  }
  return body;
};

type Needs = {
  readonly admission: Pick<Admission, 'headersFor'>;
  readonly answerTasks: AnswerTasks;
  readonly config: { readonly MAX_TASKS_PER_REQUEST: number };
};

export const createIntake =
  ({ admission, answerTasks, config }: Needs): Intake =>
  async (body, { owner, isDryRun, gone, webhookForm }) => {
    if (!owner) throw missingKey();
    const tasks = requireTasks(body, config.MAX_TASKS_PER_REQUEST);
    const asked = isAuthentication(tasks[0]) && tasks.length > 1 ? tasks.slice(1) : tasks;
    const outcomes = await Promise.all(answerTasks({ owner, tasks: asked, isDryRun, gone, webhookForm }));
    return { ...toAnswer(outcomes), headers: await admission.headersFor(owner) };
  };
