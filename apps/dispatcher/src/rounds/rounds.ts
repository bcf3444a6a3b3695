export type Rounds = {
  /** Lets the next round begin at once. */
  readonly wake: () => void;
  /** No round begins from now on; resolves when the last one has ended. */
  readonly stop: () => Promise<void>;
};

/**
 * Does the same again and again. A round that fails is reported, and the next one does its work.
 *
 * @param everyMs from the end of one round to the start of the next, unless it is woken
 */
export const startRounds = (
  round: () => Promise<void>,
  everyMs: number,
  onError: (error: unknown) => void,
): Rounds => {
  const stopping = new AbortController();
  let woken = false;
  let endPause: () => void = () => undefined;

  const pause = () =>
    new Promise<void>((resolve) => {
      // What happened during the round may have come too late for it.
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
      await round().catch(onError);
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
