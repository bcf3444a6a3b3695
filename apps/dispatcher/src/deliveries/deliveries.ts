import { setMaxListeners } from 'node:events';
import { takeDueDeliveries, type Database, type DueDelivery } from '#database';
import { TIMEOUT_MS } from './deliver.js';
import { startRounds, type Rounds } from '#program';
import { createPlaces, PLACES } from './places.js';

/** Covers one attempt and the work before and after it. */
const LEASE_MS = 3 * TIMEOUT_MS;
/** The look of the rounds wakes it for what is due. */
const EVERY_MS = 60_000;

export type DeliveriesOptions = {
  readonly everyMs?: number;
  /** How long a stop waits for the deliveries in hand. */
  readonly graceMs: number;
};

type Needs = {
  readonly database: Database;
  /** Resolves with whether the receiver answered; undefined when the call was broken off by our stop. */
  readonly deliver: (delivery: DueDelivery, stopping: AbortSignal) => Promise<boolean | undefined>;
  readonly onError: (error: unknown) => void;
};

export type Deliveries = Rounds & { readonly start: () => void };

/** Sends due deliveries, many at once but few to the same receiver or of the same owner. */
export const createDeliveries = (
  { database, deliver, onError }: Needs,
  { everyMs = EVERY_MS, graceMs }: DeliveriesOptions,
): Deliveries => {
  let rounds: Rounds | undefined;
  const places = createPlaces();
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  // Each delivery listens, and Node warns of more than ten.
  setMaxListeners(PLACES, stopping.signal);

  const sendOne = async (delivery: DueDelivery): Promise<void> => {
    let answered: boolean | undefined;
    try {
      answered = await deliver(delivery, stopping.signal);
    } catch (error) {
      onError(error);
    }
    if (places.release(delivery, answered)) rounds?.wake();
  };

  const startOne = (delivery: DueDelivery) => {
    const sending = sendOne(delivery).finally(() => {
      inHand.delete(sending);
    });
    inHand.add(sending);
  };

  const round = async () => {
    const limit = places.free();
    if (limit === 0) return;
    const due = await takeDueDeliveries(database, { limit, inHand: places.look(), leaseMs: LEASE_MS });
    places.take(due);
    due.forEach(startOne);
  };

  return {
    start: () => {
      rounds ??= startRounds(round, everyMs, onError);
    },
    wake: () => rounds?.wake(),
    stop: async () => {
      await rounds?.stop();
      const deadline = setTimeout(() => stopping.abort(new Error('the dispatcher is stopping')), graceMs);
      await Promise.all(inHand);
      clearTimeout(deadline);
    },
  };
};
