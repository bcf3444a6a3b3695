import type { Logger } from '#telemetry';

/** Work that nobody waits for, until the gateway stops. */
export type Background = {
  /** Runs beside everything else; a failure is logged. */
  readonly run: (what: string, work: () => Promise<void>) => void;
  /** Resolves when everything that was begun has ended. */
  readonly settle: () => Promise<void>;
};

export const createBackground = (log: Logger): Background => {
  const running = new Set<Promise<void>>();
  return {
    run: (what, work) => {
      const ended = work()
        .catch((error: unknown) => log.warn({ err: error }, what))
        .finally(() => running.delete(ended));
      running.add(ended);
    },
    settle: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  };
};

/** Work of one kind in the order in which it was given. */
export const inOrder = (background: Background, what: string) => {
  let last: Promise<void> = Promise.resolve();
  return (work: () => Promise<void>): void => {
    const before = last;
    background.run(what, () => {
      // One that fails leaves those after it alone.
      last = before.catch(() => undefined).then(work);
      return last;
    });
  };
};
