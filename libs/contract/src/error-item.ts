import { problems, TaskError } from './problems.js';
import { nearestAnchor } from './reference-anchors.js';
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
  ...routing,
});

export const toFailure = (error: TaskError, routing?: Routing): Outcome => ({
  error: toErrorItem(error, routing),
  status: problems[error.code].status,
});

/** Adds to an error the address of the reference of its parameter. */
export const withDocumentation = (outcome: Outcome, publicUrl: string): Outcome => {
  if ('result' in outcome || !outcome.error.parameter) return outcome;
  const { parameter, taskType = '' } = outcome.error;
  const documentation = `${publicUrl}/reference#${nearestAnchor(taskType, parameter)}`;
  return { ...outcome, error: { ...outcome.error, documentation } };
};
