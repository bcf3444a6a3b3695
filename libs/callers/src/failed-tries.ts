/** Counts wrong keys and passwords by address. It never refuses a right one: the caller asks only after a failure. */
export type FailedTries = {
  /** Counts a failure. @returns the seconds to wait if there were too many, else undefined */
  readonly failed: (address: string) => number | undefined;
};

export type FailedTriesOptions = {
  /** Failures of one address within the window that are still answered plainly. */
  readonly limit?: number;
  readonly windowMs?: number;
  readonly now?: () => number;
};

/** The oldest address is forgotten when there are more. */
const MAX_ADDRESSES = 10_000;

type Count = { readonly untilMs: number; failures: number };

export const createFailedTries = ({
  limit = 20,
  windowMs = 60_000,
  now = () => performance.now(),
}: FailedTriesOptions = {}): FailedTries => {
  const counts = new Map<string, Count>();

  const countOf = (address: string): Count => {
    const known = counts.get(address);
    if (known && known.untilMs > now()) return known;
    const count: Count = { untilMs: now() + windowMs, failures: 0 };
    // The map is in order of insertion, so the first is the oldest.
    counts.delete(address);
    counts.set(address, count);
    const [oldest] = counts.keys();
    if (counts.size > MAX_ADDRESSES && oldest !== undefined) counts.delete(oldest);
    return count;
  };

  return {
    failed: (address) => {
      const count = countOf(address);
      count.failures++;
      return count.failures > limit ? Math.max(1, Math.ceil((count.untilMs - now()) / 1000)) : undefined;
    },
  };
};
