import { setTimeout as sleep } from 'node:timers/promises';

export type Rounds = {
  /** Starts the next round at once, or after the rest of a long one. */
  readonly wake: () => void;
  /** Starts no more rounds; resolves when the current one has ended. */
  readonly stop: () => Promise<void>;
};

/** A round that takes no longer needs no rest. */
const QUICK_MS = 200;
const LONGEST_REST_MS = 10_000;

/** As long as the round took, so that a slow database has half of the time for others. */
const restAfter = (tookMs: number, everyMs: number): number =>
  Math.max(0, Math.min(tookMs - QUICK_MS, everyMs, LONGEST_REST_MS));

/**
 * Repeats a round until stopped, also after one that failed. A long round ends early when its signal aborts.
 *
 * @param everyMs the pause between two rounds, which `wake` ends early, but for the rest after a long round
 */
export const startRounds = (
  round: (stopping: AbortSignal) => Promise<void>,
  everyMs: number,
  onError: (error: unknown) => void,
): Rounds => {
  const stopping = new AbortController();
  let woken = false;
  let endPause: () => void = () => undefined;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      // Woken during the round, which may have been too late for that round.
      if (woken || stopping.signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const rounds = async () => {
    while (!stopping.signal.aborted) {
      woken = false;
      const startMs = performance.now();
      await round(stopping.signal).catch(onError);
      const restMs = restAfter(performance.now() - startMs, everyMs);
      // Only a stop ends it early.
      if (restMs > 0) await sleep(restMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      await pause(everyMs - restMs);
    }
  };

  const wake = () => {
    woken = true;
    endPause();
  };
  const running = rounds();
  return {
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
};
