import { TaskError } from '#contract';
import { OutageError } from '#queue';

/** What happens next to a claimed task that failed. */
export type NextStep = 'wait' | 'retry' | 'fail';

/** Our own faults may pass. For a TaskError the table of problems decides. */
const isRetryable = (error: unknown): boolean => !(error instanceof TaskError) || error.isRetryable;

/**
 * Decides whether a task is tried again:
 * - after an outage it waits, which uses up no try
 * - after an error that may pass it is tried again, while tries are left
 * - after any other error it ends
 */
export const nextStep = (error: unknown, hasTries: boolean): NextStep => {
  if (error instanceof OutageError) return 'wait';
  return hasTries && isRetryable(error) ? 'retry' : 'fail';
};
