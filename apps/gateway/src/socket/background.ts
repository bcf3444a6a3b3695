import { createFaultLog, type Logger } from '#telemetry';

/** Work that runs beside the requests and is awaited only when the gateway stops. */
export type Background = {
  /** A failure is logged, each kind of work at most once a minute. */
  readonly run: (what: string, work: () => Promise<void>) => void;
  /** Resolves when all of it has ended. */
  readonly settle: () => Promise<void>;
};

export const createBackground = (log: Logger): Background => {
  const running = new Set<Promise<void>>();
  const faultLogs = new Map<string, (error: unknown) => void>();
  const logFault = (what: string, error: unknown) => {
    const logOne = faultLogs.get(what) ?? createFaultLog(log, what);
    faultLogs.set(what, logOne);
    logOne(error);
  };
  return {
    run: (what, work) => {
      const ended = work()
        .catch((error: unknown) => logFault(what, error))
        .finally(() => running.delete(ended));
      running.add(ended);
    },
    settle: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  };
};

/** Runs work of one kind one after the other. */
export const inOrder = (background: Background, what: string) => {
  let last: Promise<void> = Promise.resolve();
  return (work: () => Promise<void>): void => {
    const before = last;
    background.run(what, () => {
      // A failure must not stop the work behind it.
      last = before.catch(() => undefined).then(work);
      return last;
    });
  };
};
