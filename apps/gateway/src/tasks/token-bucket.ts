/** Seconds of its rate that a caller may use at once. */
const BURST_S = 10;

/** How many tasks may come at once, and within how many seconds that many come again. */
export const burstOf = (perS: number): { readonly size: number; readonly windowS: number } => {
  const size = Math.max(1, Math.floor(perS * BURST_S));
  return { size, windowS: Math.ceil(size / perS) };
};

type Bucket = { tokens: number; atMs: number };

/** Spreads the tasks of each id over time: a bucket that fills at the id's rate, and holds one burst. */
export const createTokenBuckets = (now: () => number) => {
  const buckets = new Map<string, Bucket>();

  const tokensOf = (id: string, perS: number): number => {
    const { size } = burstOf(perS);
    const bucket = buckets.get(id);
    return bucket ? Math.min(size, bucket.tokens + ((now() - bucket.atMs) / 1000) * perS) : size;
  };

  return {
    /** Whole tasks that may come now. */
    left: (id: string, perS: number): number => Math.floor(tokensOf(id, perS) + 1e-9),
    /** Seconds until one more task may come. */
    waitS: (id: string, perS: number): number => Math.max(0, (1 - tokensOf(id, perS)) / perS),
    /** Seconds until a whole burst may come. */
    fullS: (id: string, perS: number): number => (burstOf(perS).size - tokensOf(id, perS)) / perS,
    take: (id: string, perS: number): void => {
      const tokens = tokensOf(id, perS) - 1;
      buckets.set(id, { tokens, atMs: now() });
    },
  };
};
