import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '#contract';
import { withJitter } from '#outbound';

/** The other side may ask us to wait longer than the next delay, but no longer than this. */
const MAX_RETRY_AFTER_MS = 10_000;

export type Tries = {
  /** The waits between the tries; there is one try more. */
  readonly delaysMs: readonly number[];
  /** No try begins later than so long after the first one. */
  readonly withinMs?: number;
  /** What the caller is told in the end. */
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
 * Does work until it succeeds, fails for good or has used up its tries. Only a retryable TaskError is tried again.
 *
 * @throws TaskError the last one, now final; the signal's reason; any other error as it is
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
      // A task that is broken off must not end by what its work made of that.
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
