/** A few places for each of many names. */
export type Places = {
  /** Takes a place. @returns gives it back, once; undefined when all are taken */
  readonly enter: (name: string) => (() => void) | undefined;
};

export const createPlaces = (max: number): Places => {
  const taken = new Map<string, number>();

  const leave = (name: string) => {
    const left = (taken.get(name) ?? 0) - 1;
    if (left > 0) taken.set(name, left);
    else taken.delete(name);
  };

  return {
    enter: (name) => {
      const count = taken.get(name) ?? 0;
      if (count >= max) return undefined;
      taken.set(name, count + 1);
      let isLeft = false;
      return () => {
        if (isLeft) return;
        isLeft = true;
        leave(name);
      };
    },
  };
};
