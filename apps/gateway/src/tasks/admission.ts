import { TaskError } from '#contract';
import type { Owner } from '#database';
import { token } from '#nest';
import { createRecent } from './recent.js';
import { burstOf, createTokenBuckets } from './token-bucket.js';

/** Refuses new tasks of a key that is at one of its limits. */
export type Admission = {
  /**
   * Counts a removal against the key's rate, tasks in flight and budget.
   * @param estimateUsd what it may cost at most
   * @throws TaskError rateLimitExceeded with the seconds to wait; insufficientCredits with the missing amount
   */
  readonly admit: (caller: Owner, estimateUsd?: number) => Promise<void>;
  /**
   * Counts a task that is done at once against the key's rate alone.
   * @throws TaskError rateLimitExceeded with the seconds to wait
   */
  readonly admitUpload: (caller: Owner) => void;
  /** The headers RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10. */
  readonly headersFor: (caller: Owner) => Promise<Record<string, string>>;
  /** Call it for each task that ends, of any owner. The rate of ends gives the seconds to wait. */
  readonly ended: () => void;
};

export const ADMISSION = token<Admission>('admission');

export type AdmissionOptions = {
  /** Most tasks in flight of an owner whose key has no limit of its own. Several gateways may exceed it briefly. */
  readonly limit: number;
  /** Counts what one key sent, or without a key what all keys of the owner did. */
  readonly countInFlight: (ownerId: string, keyId?: string) => Promise<number>;
  /** USD that a key has spent in this month, with those of its tasks in flight. */
  readonly spentThisMonth: (ownerId: string, keyId: string) => Promise<number>;
  /** The time by which months begin. */
  readonly today: () => Promise<Date>;
  readonly now?: () => number;
};

const WINDOW_MS = 60_000;
const MAX_RETRY_AFTER_S = 60;

/** Prices have six decimals. */
const inUsd = (usd: number): string => `$${usd.toFixed(6).replace(/(\.\d\d\d*?)0+$/, '$1')}`;

const tooFast = (perS: number, waitS: number): TaskError => {
  const retryAfter = Math.max(1, Math.ceil(waitS));
  const { size, windowS } = burstOf(perS);
  const message = `This key may send ${size} ${size === 1 ? 'task' : 'tasks'} within ${windowS} s. Try again in ${retryAfter} s.`;
  return new TaskError('rateLimitExceeded', message, { max: size, retryAfter });
};

const tooDear = (estimate: number, left: number, budget: number, today: Date): TaskError => {
  const missingUSD = Number((estimate - left).toFixed(6));
  const month = today.toLocaleString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const message =
    `This task may cost ${inUsd(estimate)}, and this key has ${inUsd(Math.max(0, left))} left of its ${inUsd(budget)} ` +
    `for ${month}: ${inUsd(missingUSD)} are missing.`;
  return new TaskError('insufficientCredits', message, { missingUSD });
};

/** How many tasks ended lately, of all owners. */
const createEnds = (now: () => number) => {
  let ends: number[] = [];
  const lately = () => {
    const from = now() - WINDOW_MS;
    ends = ends.filter((atMs) => atMs > from);
    return ends.length;
  };
  return {
    lately,
    note: () => {
      ends.push(now());
      if (ends.length > 100_000) lately();
    },
  };
};

export const createAdmission = ({
  limit,
  countInFlight,
  spentThisMonth,
  today,
  now = () => performance.now(),
}: AdmissionOptions): Admission => {
  const counts = createRecent(now);
  const spendings = createRecent(now);
  const buckets = createTokenBuckets(now);
  const ends = createEnds(now);

  const retryAfterS = (excess: number) => {
    const seconds = Math.ceil((excess * WINDOW_MS) / 1000 / Math.max(1, ends.lately()));
    return Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_S);
  };

  const countOf = ({ id, key }: Owner) =>
    key.inFlight === null
      ? counts(id, () => countInFlight(id))
      : counts(`key ${key.id}`, () => countInFlight(id, key.id));

  const requireRate = ({ key: { id, ratePerS } }: Owner) => {
    if (ratePerS !== null && buckets.left(id, ratePerS) < 1)
      throw tooFast(ratePerS, buckets.waitS(id, ratePerS));
  };
  const takeRate = ({ key: { id, ratePerS } }: Owner) => {
    if (ratePerS !== null) buckets.take(id, ratePerS);
  };

  const requirePlace = (inFlight: number, most: number) => {
    if (inFlight < most) return;
    const retryAfter = retryAfterS(inFlight - most + 1);
    const message = `This key has ${inFlight} tasks in flight; ${most} are allowed. Try again in ${retryAfter} s.`;
    throw new TaskError('rateLimitExceeded', message, { max: most, retryAfter });
  };

  const requireBudget = (estimate: number, spent: number, budget: number, day: Date) => {
    const left = budget - spent;
    if (estimate - left >= 5e-7) throw tooDear(estimate, left, budget, day);
  };

  return {
    admit: async (caller, estimateUsd = 0) => {
      const { id, key } = caller;
      const count = countOf(caller);
      const spending =
        key.budgetUsd === null ? undefined : spendings(key.id, () => spentThisMonth(id, key.id));
      const [inFlight, spent, day] = await Promise.all([count.figure, spending?.figure, today()]);

      // Nothing is awaited from here on, so that tasks that come together are counted one after the other.
      if (spending && spent !== undefined && key.budgetUsd !== null)
        requireBudget(estimateUsd, spent + spending.added, key.budgetUsd, day);
      requirePlace(inFlight + count.added, key.inFlight ?? limit);
      requireRate(caller);
      takeRate(caller);
      count.added++;
      if (spending) spending.added += estimateUsd;
    },
    admitUpload: (caller) => {
      requireRate(caller);
      takeRate(caller);
    },
    headersFor: async (caller) => {
      const { id, ratePerS, inFlight } = caller.key;
      const most = inFlight ?? limit;
      const count = countOf(caller);
      const free = Math.max(0, most - (await count.figure) - count.added);
      const policies = [`"in-flight";q=${most};qu="concurrent-requests"`];
      const states = [`"in-flight";r=${free}`];
      if (ratePerS !== null) {
        const { size, windowS } = burstOf(ratePerS);
        policies.unshift(`"rate";q=${size};w=${windowS}`);
        states.unshift(`"rate";r=${buckets.left(id, ratePerS)};t=${Math.ceil(buckets.fullS(id, ratePerS))}`);
      }
      return { 'RateLimit-Policy': policies.join(', '), RateLimit: states.join(', ') };
    },
    ended: ends.note,
  };
};
