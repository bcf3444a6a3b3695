import { isPassing, isRateLimit, type ClearcutError } from './errors.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
const LONGEST_RETRY_AFTER_S = 60;

/** Resolves after the time, or rejects with the signal's reason. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });

/** The wait before the next try, with jitter. The server's own wish is honoured. */
export const pauseMsOf = (failures: number, retryAfterS?: number): number => {
  const ownMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  const askedMs = 1000 * Math.min(retryAfterS ?? 0, LONGEST_RETRY_AFTER_S);
  return Math.max(askedMs, ownMs) * (1 + Math.random() / 4);
};

export type Again = {
  readonly maxRetries: number;
  readonly signal: AbortSignal;
  readonly onNotice?: ((message: string) => void) | undefined;
};

const noticeOf = (error: ClearcutError, ms: number) =>
  `${error.message.replace(/\.$/, '')} (${error.code}); trying again in ${(ms / 1000).toFixed(1)} s.`;

/** Repeats an attempt while its trouble may pass. Being told to slow down counts as no failure. */
export const tryAgain = async <T>(
  attempt: (failures: number) => Promise<T>,
  { maxRetries, signal, onNotice }: Again,
): Promise<T> => {
  let failures = 0;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(tries);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (!isRateLimit(error) && ++failures > maxRetries) throw error;
      const ms = pauseMsOf(Math.min(tries, 10), error.retryAfterS);
      onNotice?.(noticeOf(error, ms));
      await pause(ms, signal);
    }
  }
};
