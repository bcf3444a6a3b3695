/** Runs work in places that owners share: in turn, and each in a few at once. The rest waits. */
export type OwnerPlaces = <T>(ownerId: string, work: () => Promise<T>) => Promise<T>;

/** Keeps one owner's many questions from taking all connections of the database, and their answers all memory. */
export const createOwnerPlaces = (inAll: number, perOwner: number): OwnerPlaces => {
  /** In the order in which owners are next. */
  const waiting = new Map<string, (() => void)[]>();
  const running = new Map<string, number>();
  let free = inAll;

  const start = () => {
    for (const [ownerId, line] of waiting) {
      if (free === 0) return;
      const inHand = running.get(ownerId) ?? 0;
      if (inHand >= perOwner) continue;
      const next = line.shift();
      waiting.delete(ownerId);
      if (line.length > 0) waiting.set(ownerId, line);
      free--;
      running.set(ownerId, inHand + 1);
      next?.();
    }
  };

  const release = (ownerId: string) => {
    free++;
    const left = (running.get(ownerId) ?? 1) - 1;
    if (left > 0) running.set(ownerId, left);
    else running.delete(ownerId);
    start();
  };

  return async (ownerId, work) => {
    await new Promise<void>((resolve) => {
      const line = waiting.get(ownerId) ?? [];
      line.push(resolve);
      waiting.set(ownerId, line);
      start();
    });
    try {
      return await work();
    } finally {
      release(ownerId);
    }
  };
};
