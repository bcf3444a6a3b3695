import { token } from '#nest';

/** Lets so many pieces of work run at once; the others wait in the order in which they came. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Fewer than the database's connections, so that other questions are answered meanwhile. */
export const ACCEPTS_AT_ONCE = 6;

/** Keeps a burst of tasks from waiting for the database all at once, and giving up together. */
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
    // The place goes from hand to hand, so that nobody slips in between.
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
