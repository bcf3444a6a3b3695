/** Numbers from 0 to 1. */
export type Random = () => number;

/** Numbers that are the same for the same seed (mulberry32). */
export const createRandom = (seed: number): Random => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Chooses one of the entries by its weight. */
export const chooseWeighted = <T extends { readonly weight: number }>(
  entries: readonly (readonly [string, T])[],
  random: Random,
): readonly [string, T] => {
  let left = random() * entries.reduce((sum, [, { weight }]) => sum + weight, 0);
  const found = entries.find(([, { weight }]) => (left -= weight) < 0) ?? entries.at(-1);
  if (!found) throw new Error('There is nothing to choose from.');
  return found;
};
