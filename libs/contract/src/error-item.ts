import { problems, TaskError } from './problems.js';
import type { ErrorItem, Outcome } from './answer.js';

/** The routing keys of a task, as far as the client sent them. */
export type Routing = Pick<ErrorItem, 'taskType' | 'taskUUID'>;

/** What is away for a moment is mostly back by then. */
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

/** Adds to an error the address at which the parameter that it names is explained. */
export const withDocumentation = (outcome: Outcome, publicUrl: string): Outcome => {
  if ('result' in outcome || !outcome.error.parameter) return outcome;
  const anchor = outcome.error.parameter.replaceAll('.', '-').toLowerCase();
  return {
    ...outcome,
    error: { ...outcome.error, documentation: `${publicUrl}/reference#request-${anchor}` },
  };
};
