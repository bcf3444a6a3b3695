/** Runs work while its weight fits into what is left. The rest waits in order of arrival. */
export type Budget = <T>(weight: number, work: () => Promise<T>) => Promise<T>;

type Waiting = { readonly weight: number; readonly enter: () => void };

/** @param capacity the most weight at a time; heavier work runs alone */
export const createBudget = (capacity: number): Budget => {
  const waiting: Waiting[] = [];
  let left = capacity;

  const admit = () => {
    for (let next = waiting[0]; next && next.weight <= left; next = waiting[0]) {
      waiting.shift();
      left -= next.weight;
      next.enter();
    }
  };

  return async (asked, work) => {
    const weight = Math.min(asked, capacity);
    await new Promise<void>((enter) => {
      waiting.push({ weight, enter });
      admit();
    });
    try {
      return await work();
    } finally {
      left += weight;
      admit();
    }
  };
};
