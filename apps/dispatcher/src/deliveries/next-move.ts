import { isSuccess, withJitter, type Sent } from '#outbound';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits between the attempts of one delivery: ten attempts over 22 hours. */
export const DELAYS_MS: readonly number[] = [
  SECOND,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
];

const MAX_RETRY_AFTER_MS = 24 * HOUR;

/** By this status a receiver refuses further attempts. */
const GONE = 410;

export type Move = { readonly end: 'delivered' | 'failed' | 'stopped' } | { readonly retryInMs: number };

/**
 * Decides what happens to a delivery after an attempt.
 *
 * @param sent undefined when there was no answer
 * @param attempts the number of attempts, including this one
 */
export const nextMove = (sent: Sent | undefined, attempts: number, delaysMs = DELAYS_MS): Move => {
  if (sent && isSuccess(sent.status)) return { end: 'delivered' };
  if (sent?.status === GONE) return { end: 'stopped' };

  const delayMs = delaysMs[attempts - 1];
  if (delayMs === undefined) return { end: 'failed' };
  return { retryInMs: Math.max(withJitter(delayMs), Math.min(sent?.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)) };
};
