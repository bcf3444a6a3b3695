import type { Outcome } from '#contract';
import { taskOutcome, type OutcomeReader, type FoundTask } from '#database';
import { token } from '#nest';

/**
 * What an ended task answers, whichever way its caller asks.
 *
 * @throws TaskError mediaExpired, or mediaNotFound when the bytes are gone
 */
export type ReadOutcome = (task: FoundTask) => Promise<Outcome>;

export const READ_OUTCOME = token<ReadOutcome>('read outcome');

type Needs = Pick<OutcomeReader, 'database' | 'storage' | 'signatures'> & {
  readonly config: { readonly PUBLIC_URL: string };
};

export const createReadOutcome =
  ({ config, ...reader }: Needs): ReadOutcome =>
  (task) =>
    taskOutcome({ ...reader, publicUrl: config.PUBLIC_URL }, task);
