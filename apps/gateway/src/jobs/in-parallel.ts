/** Works on items, a few at a time. @returns the results in the order of the items */
export const inParallel = async <T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const left = items.entries();
  const next = async (): Promise<void> => {
    // All share the iterator.
    for (const [i, item] of left) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, next));
  return results;
};
