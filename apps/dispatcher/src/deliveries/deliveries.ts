import { takeDueDeliveries, type Database, type DueDelivery } from '#database';
import { TIMEOUT_MS } from './deliver.js';
import { startRounds, type Rounds } from '../rounds/start-rounds.js';

const CONCURRENCY = 16;
/** Keeps one slow host from holding up the others. */
const PER_HOST = 4;
/** Covers one attempt and the work before and after it. */
const LEASE_MS = 3 * TIMEOUT_MS;
const EVERY_MS = 1_000;

export type DeliveriesOptions = {
  readonly everyMs?: number;
  /** How long a stop waits for the deliveries in hand. */
  readonly graceMs: number;
};

type Needs = {
  readonly database: Database;
  readonly deliver: (delivery: DueDelivery, stopping: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
};

const countByHost = (deliveries: Iterable<DueDelivery>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { host } of deliveries) counts[host] = (counts[host] ?? 0) + 1;
  return counts;
};

export type Deliveries = Rounds & { readonly start: () => void };

/** Sends due deliveries, many at once but few to the same host. */
export const createDeliveries = (
  { database, deliver, onError }: Needs,
  { everyMs = EVERY_MS, graceMs }: DeliveriesOptions,
): Deliveries => {
  let rounds: Rounds | undefined;
  const inHand = new Map<DueDelivery, Promise<void>>();
  const stopping = new AbortController();

  const startOne = (delivery: DueDelivery) => {
    const delivering = deliver(delivery, stopping.signal)
      .catch(onError)
      .finally(() => {
        inHand.delete(delivery);
        rounds?.wake();
      });
    inHand.set(delivery, delivering);
  };

  const round = async () => {
    const limit = CONCURRENCY - inHand.size;
    if (limit === 0) return;
    const options = { limit, perHost: PER_HOST, inHand: countByHost(inHand.keys()), leaseMs: LEASE_MS };
    for (const delivery of await takeDueDeliveries(database, options)) startOne(delivery);
  };

  return {
    start: () => {
      rounds ??= startRounds(round, everyMs, onError);
    },
    wake: () => rounds?.wake(),
    stop: async () => {
      await rounds?.stop();
      const deadline = setTimeout(() => stopping.abort(new Error('the dispatcher is stopping')), graceMs);
      await Promise.all(inHand.values());
      clearTimeout(deadline);
    },
  };
};
