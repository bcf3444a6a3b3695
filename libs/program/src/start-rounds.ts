export type Rounds = {
  /** Starts the next round at once. */
  readonly wake: () => void;
  /** Starts no more rounds; resolves when the current one has ended. */
  readonly stop: () => Promise<void>;
};

/**
 * Repeats a round until stopped, also after one that failed. A long round ends early when its signal aborts.
 *
 * @param everyMs the pause between two rounds, which `wake` ends early
 */
export const startRounds = (
  round: (stopping: AbortSignal) => Promise<void>,
  everyMs: number,
  onError: (error: unknown) => void,
): Rounds => {
  const stopping = new AbortController();
  let woken = false;
  let endPause: () => void = () => undefined;

  const pause = () =>
    new Promise<void>((resolve) => {
      // Woken during the round, which may have been too late for that round.
      if (woken || stopping.signal.aborted) return resolve();
      const timer = setTimeout(resolve, everyMs);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const rounds = async () => {
    while (!stopping.signal.aborted) {
      woken = false;
      await round(stopping.signal).catch(onError);
      await pause();
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
