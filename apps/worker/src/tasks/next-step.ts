import { TaskError } from '#contract';
import { OutageError } from '#queue';

/** What becomes of a claimed task that failed. */
export type NextStep = 'wait' | 'retry' | 'fail';

/** A fault of ours may pass. Of the others the error knows, by the table of problems. */
const isRetryable = (error: unknown): boolean => !(error instanceof TaskError) || error.isRetryable;

/**
 * The one rule by which a task is tried again:
 * - an outage is waited out, and takes no try
 * - what may pass is tried again while there are tries
 * - all else ends the task
 */
export const nextStep = (error: unknown, hasTries: boolean): NextStep => {
  if (error instanceof OutageError) return 'wait';
  return hasTries && isRetryable(error) ? 'retry' : 'fail';
};
