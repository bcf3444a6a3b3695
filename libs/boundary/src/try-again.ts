import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '#contract';
import { withJitter } from '#outbound';

/** The longest Retry-After that is honoured. */
const MAX_RETRY_AFTER_MS = 10_000;

export type Tries = {
  /** The waits between the tries, of which there is one more. */
  readonly delaysMs: readonly number[];
  /** No try begins later than this after the first one. */
  readonly withinMs?: number;
  /** The message of the final error. */
  readonly say: (error: TaskError, tries: number) => string;
};

/** How long to wait before the next try; undefined when there is none. */
const waitAfter = (
  { isRetryable, retryAfterMs = 0 }: TaskError,
  tries: number,
  delaysMs: readonly number[],
): number | undefined => {
  const delayMs = delaysMs[tries - 1];
  if (!isRetryable || delayMs === undefined) return undefined;
  return Math.max(withJitter(delayMs), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
};

/**
 * Repeats work until it succeeds or its tries are used up. Only a retryable TaskError is tried again.
 *
 * @throws TaskError the last one, now final; the signal's reason; any other error unchanged
 */
export const tryAgain = async <T>(
  work: () => Promise<T>,
  { delaysMs, withinMs = Infinity, say }: Tries,
  signal?: AbortSignal,
): Promise<T> => {
  const startMs = performance.now();
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      // The work may wrap the abort in another error, so the signal's reason comes first.
      signal?.throwIfAborted();
      if (!(error instanceof TaskError)) throw error;
      const waitMs = waitAfter(error, tries, delaysMs);
      if (waitMs === undefined || performance.now() - startMs + waitMs > withinMs) {
        const { code, details, cause } = error;
        throw new TaskError(code, say(error, tries), details, { cause, final: true });
      }
      await sleep(waitMs, undefined, signal && { signal });
    }
  }
};
