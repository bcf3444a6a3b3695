import { problems, TaskError } from './problems.js';
import { codeAnchor, nearestAnchor } from './reference-anchors.js';
import type { ErrorItem, Outcome } from './answer.js';

/** The routing keys that the client sent with a task. */
export type Routing = Pick<ErrorItem, 'taskType' | 'taskUUID'>;

/** Short outages are mostly over after this. */
const SHORT_WHILE_S = 2;
const isPassing = (status: number) => status === 503 || status === 504;

const retryHint = ({ code, details }: TaskError) =>
  details.retryAfter === undefined && isPassing(problems[code].status) ? { retryAfter: SHORT_WHILE_S } : {};

export const toErrorItem = (error: TaskError, routing: Routing = {}): ErrorItem => ({
  code: error.code,
  message: error.message,
  ...error.details,
  ...retryHint(error),
  ...(error.code === 'taskCancelled' && { state: 'cancelled' as const }),
  ...routing,
});

export const toFailure = (error: TaskError, routing?: Routing): Outcome => ({
  error: toErrorItem(error, routing),
  ...(error.others.length > 0 && { others: error.others.map((other) => toErrorItem(other, routing)) }),
  status: problems[error.code].status,
});

/** Adds the address of the reference: of the parameter of a task, or else of the code. */
export const documented = (error: ErrorItem, publicUrl: string): ErrorItem => {
  const { code, parameter, taskType } = error;
  // Without a taskType, the parameter may be that of any task.
  const isKnown = parameter !== undefined && taskType !== undefined;
  const anchor = isKnown ? nearestAnchor(taskType, parameter) : codeAnchor(code);
  return { ...error, documentation: `${publicUrl}/reference#${anchor}` };
};

/** Adds to the errors of a task the addresses of the reference. */
export const withDocumentation = (outcome: Outcome, publicUrl: string): Outcome => {
  if ('result' in outcome) return outcome;
  const { error, others } = outcome;
  return {
    ...outcome,
    error: documented(error, publicUrl),
    ...(others && { others: others.map((other) => documented(other, publicUrl)) }),
  };
};
