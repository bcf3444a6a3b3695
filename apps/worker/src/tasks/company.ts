/** Decides which tasks of this worker may run at the same time. */
export type Company = {
  /** Runs beside other tasks, but not beside one that runs alone. Rejects with the signal's reason when it aborts first. */
  readonly together: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
  /** Runs when no other task does. Later ones wait. */
  readonly alone: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
};

type Waiting = { readonly isAlone: boolean; readonly start: () => void };

/** In the order of their coming, so that a suspect gets its turn and holds up only those behind it. */
export const createCompany = (): Company => {
  const waiting: Waiting[] = [];
  let running = 0;
  let isTaken = false;

  const grant = () => {
    for (let [next] = waiting; next && !isTaken && !(next.isAlone && running > 0); [next] = waiting) {
      waiting.shift();
      running++;
      isTaken = next.isAlone;
      next.start();
    }
  };

  const enter = (isAlone: boolean, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const giveUp = () => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(signal.reason);
        grant();
      };
      const start = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const entry: Waiting = { isAlone, start };
      signal.addEventListener('abort', giveUp, { once: true });
      waiting.push(entry);
      grant();
    });

  const run = async <T>(isAlone: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    await enter(isAlone, signal);
    try {
      return await work();
    } finally {
      running--;
      isTaken = false;
      grant();
    }
  };

  return {
    together: (signal, work) => run(false, signal, work),
    alone: (signal, work) => run(true, signal, work),
  };
};
