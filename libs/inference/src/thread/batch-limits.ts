import { networkKey, type Network } from '../network.js';

/** The largest batch of each network, as its memory allows. */
export type BatchLimits = {
  readonly of: (network: Network) => number;
  /** So many images did not fit. @returns the new limit */
  readonly lower: (network: Network, size: number) => number;
  /** The largest of the given sizes that is not above `count`. */
  readonly sizeOf: (count: number) => number;
};

export type BatchLimitsOptions = {
  readonly maxBatch: number;
  /** The sizes that networks are warmed for, ascending; any size without them. */
  readonly sizes?: readonly number[] | undefined;
  readonly now?: () => number;
};

/** A limit doubles after so long without an error: the memory may have been another program's. */
export const GROWS_AFTER_MS = 600_000;

/** The batch sizes that are worth a warm-up: powers of two up to the largest. */
export const warmSizes = (maxBatch: number): number[] =>
  Array.from({ length: 1 + Math.floor(Math.log2(maxBatch)) }, (_, i) => 2 ** i);

export const createBatchLimits = ({
  maxBatch,
  sizes,
  now = () => performance.now(),
}: BatchLimitsOptions): BatchLimits => {
  const lowered = new Map<string, { limit: number; sinceMs: number }>();

  const sizeOf = (count: number) => sizes?.findLast((size) => size <= count) ?? count;
  const most = sizeOf(maxBatch);

  const grown = (network: Network): number => {
    const entry = lowered.get(networkKey(network));
    if (!entry) return most;
    const limit = Math.min(most, entry.limit * 2 ** Math.floor((now() - entry.sinceMs) / GROWS_AFTER_MS));
    if (limit === most) lowered.delete(networkKey(network));
    return limit;
  };
  const of = (network: Network) => (network.batch === 'fixed' ? 1 : sizeOf(grown(network)));

  return {
    of,
    lower: (network, size) => {
      const limit = Math.max(1, Math.min(of(network), sizeOf(size >> 1)));
      lowered.set(networkKey(network), { limit, sinceMs: now() });
      return limit;
    },
    sizeOf,
  };
};
