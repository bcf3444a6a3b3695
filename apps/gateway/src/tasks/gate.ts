import { token } from '#nest';

/** Limits how much work runs at once. The rest waits in order of arrival. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Fewer than the database's connections, so that other queries still get one. */
export const ACCEPTS_AT_ONCE = 6;

/** Keeps a burst of tasks from queueing for database connections and timing out together. */
export const ACCEPT_GATE = token<Gate>('accept gate');

export const createGate = (places: number): Gate => {
  const waiting: (() => void)[] = [];
  let free = places;

  const enter = async () => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    // The place is handed over directly, so that no newcomer takes it.
    if (next) next();
    else free++;
  };

  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
};
