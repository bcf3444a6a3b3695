/** Lets so many works run at once; others wait for their turn. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

export const createSlots = (size: number): Slots => {
  let free = size;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};
