import { TaskError } from '#contract';
import { token } from '#nest';

/** Refuses new tasks of a caller that has too many in flight. */
export type Admission = {
  /** @throws TaskError rateLimitExceeded with the seconds to wait */
  readonly admit: (ownerId: string) => Promise<void>;
  /** Call it for each task that ends, of any owner. The rate of ends gives the seconds to wait. */
  readonly ended: () => void;
};

export const ADMISSION = token<Admission>('admission');

export type AdmissionOptions = {
  /** Most tasks of one owner in flight. Several gateways together may exceed it briefly. */
  readonly limit: number;
  readonly countInFlight: (ownerId: string) => Promise<number>;
  readonly now?: () => number;
};

const COUNT_EVERY_MS = 1_000;
const WINDOW_MS = 60_000;
const MAX_RETRY_AFTER_S = 60;

type Count = { readonly atMs: number; readonly counted: Promise<number>; admitted: number };

export const createAdmission = ({
  limit,
  countInFlight,
  now = () => performance.now(),
}: AdmissionOptions): Admission => {
  const counts = new Map<string, Count>();
  let ends: number[] = [];

  /** Counts in the database at most once a second, and adds the tasks admitted since. */
  const countOf = (ownerId: string): Count => {
    const known = counts.get(ownerId);
    if (known && now() - known.atMs < COUNT_EVERY_MS) return known;
    const count: Count = { atMs: now(), counted: countInFlight(ownerId), admitted: 0 };
    counts.set(ownerId, count);
    count.counted.catch(() => counts.delete(ownerId));
    return count;
  };

  const endsLately = () => {
    const from = now() - WINDOW_MS;
    ends = ends.filter((atMs) => atMs > from);
    return ends.length;
  };

  const retryAfterS = (excess: number) => {
    const seconds = Math.ceil((excess * WINDOW_MS) / 1000 / Math.max(1, endsLately()));
    return Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_S);
  };

  return {
    admit: async (ownerId) => {
      const count = countOf(ownerId);
      const inFlight = (await count.counted) + count.admitted;
      if (inFlight >= limit) {
        const retryAfter = retryAfterS(inFlight - limit + 1);
        const message = `This key has ${inFlight} tasks in flight; ${limit} are allowed. Try again in ${retryAfter} s.`;
        throw new TaskError('rateLimitExceeded', message, { max: limit, retryAfter });
      }
      count.admitted++;
    },
    ended: () => {
      ends.push(now());
      if (ends.length > 100_000) endsLately();
    },
  };
};
