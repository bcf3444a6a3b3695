import { z } from 'zod';
import { ProblemCode } from './problems.js';
import { Result } from './result.js';

export const ErrorItem = z
  .strictObject({
    code: ProblemCode,
    message: z.string(),
    parameter: z.string().optional(),
    type: z.string().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    allowedValues: z.array(z.string()).readonly().optional(),
    missingUSD: z
      .number()
      .optional()
      .meta({ description: 'USD that the budget of the key lacks for this task.' }),
    retryAfter: z
      .int()
      .optional()
      .meta({ description: 'Seconds after which it is worth to try again; Retry-After says the same.' }),
    documentation: z.url().optional(),
    taskType: z.string().optional(),
    taskUUID: z.string().optional(),
    status: z.literal('error').optional(),
    state: z.literal('cancelled').optional().meta({
      description: 'The task was cancelled. `status` is error then too, since clients wait for that.',
    }),
  })
  .meta({
    id: 'ErrorItem',
    description: 'Why one task failed, or, without taskUUID, why the whole request did.',
  });
export type ErrorItem = z.infer<typeof ErrorItem>;

export const Answer = z
  .strictObject({ data: z.array(Result).optional(), errors: z.array(ErrorItem).optional() })
  .meta({
    id: 'Answer',
    description:
      'One result or one error per task, in the order of the tasks; one error for each fault of a task.',
  });
export type Answer = z.infer<typeof Answer>;

type FailedOutcome = {
  readonly error: ErrorItem;
  /** Further faults of the same task. */
  readonly others?: readonly ErrorItem[];
  /** The HTTP status for a request in which no task succeeded. */
  readonly status: number;
};

/** The end of one task. */
export type Outcome = { readonly result: Result } | FailedOutcome;

/** The answer to one request. `retryAfter` is the longest of its errors, when no task succeeded. */
export type Reply = {
  readonly status: number;
  readonly body: Answer;
  readonly retryAfter?: number | undefined;
};

const longest = (errors: readonly ErrorItem[]): number | undefined => {
  const waits = errors.flatMap(({ retryAfter }) => retryAfter ?? []);
  return waits.length > 0 ? Math.max(...waits) : undefined;
};

/**
 * Puts the outcomes of one request into the envelope. Keys without items are left out, since clients test for
 * their presence. The status is 200 when one task succeeded, else the status of the first error.
 */
export const toAnswer = (outcomes: readonly Outcome[]): Reply => {
  const data = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
  const [first] = failures;
  if (!first) return { status: 200, body: { data } };

  const errors = failures.flatMap(({ error, others = [] }) => [error].concat(others));
  if (data.length > 0) return { status: 200, body: { data, errors } };
  return { status: first.status, body: { errors }, retryAfter: longest(errors) };
};
