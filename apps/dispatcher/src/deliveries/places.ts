import { DELIVERY_LIMITS, type DueDelivery, type InHand } from '#database';

/** Deliveries at once. */
export const PLACES = 32;

/** No answers in a row after which an endpoint is left alone for a while. */
const FAILURES = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Callers may name very many endpoints, and each look lists those that failed. */
const FORGET_AFTER_MS = 60 * 60_000;

/** An endpoint that gave no answer lately. */
type Circuit = { readonly failures: number; readonly closedUntilMs: number };

/** An owner's receivers at one `host:port`. Owners are apart, since many use the same hosts. */
const endpointOf = ({ ownerId, host }: Pick<DueDelivery, 'ownerId' | 'host'>): string => `${ownerId} ${host}`;

/** The host name of `host:port`. */
const nameOf = (host: string): string => host.replace(/:\d+$/, '');

const count = (keys: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

/**
 * Limits the deliveries in hand by endpoint, host name and owner, so that a receiver without an answer slows nobody.
 * After three calls without an answer an endpoint gets a growing pause, then one probe.
 */
export const createPlaces = (now: () => number = () => performance.now()) => {
  const inHand = new Set<DueDelivery>();
  const circuits = new Map<string, Circuit>();

  /** What the last take counted and took: these keep back the deliveries that wait. */
  let counted = new Set<DueDelivery>();
  let isTaking = false;

  /** Whether a limit that also holds for this delivery kept others back. */
  const isFull = (delivery: DueDelivery): boolean => {
    const alike = (of: (each: DueDelivery) => string) =>
      [...counted].filter((each) => of(each) === of(delivery)).length;
    return (
      counted.size >= PLACES ||
      alike(endpointOf) >= DELIVERY_LIMITS.endpoint ||
      alike(({ ownerId }) => ownerId) >= DELIVERY_LIMITS.owner ||
      alike(({ host }) => nameOf(host)) >= DELIVERY_LIMITS.name
    );
  };

  const forgetOld = (): void => {
    for (const [endpoint, { closedUntilMs }] of circuits)
      if (now() - closedUntilMs > FORGET_AFTER_MS) circuits.delete(endpoint);
  };

  return {
    free: () => PLACES - inHand.size,
    /** Takes what was chosen since `look`. */
    take: (deliveries: readonly DueDelivery[]): void => {
      isTaking = false;
      for (const delivery of deliveries) {
        inHand.add(delivery);
        counted.add(delivery);
      }
    },
    /**
     * @param answered whether the receiver answered, with whatever status; undefined when it was not asked
     * @returns whether others may have waited for this place
     */
    release: (delivery: DueDelivery, answered: boolean | undefined): boolean => {
      const endpoint = endpointOf(delivery);
      const wasFull = isTaking || isFull(delivery) || circuits.has(endpoint);
      inHand.delete(delivery);
      if (answered === true) circuits.delete(endpoint);
      if (answered !== false) return wasFull;
      const failures = (circuits.get(endpoint)?.failures ?? 0) + 1;
      const pauseMs =
        failures < FAILURES ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FAILURES));
      circuits.set(endpoint, { failures, closedUntilMs: now() + pauseMs });
      return wasFull;
    },
    /** What is in hand, for the choice of the next ones. */
    look: (): InHand => {
      const all = [...inHand];
      counted = new Set(inHand);
      isTaking = true;
      forgetOld();
      const troubled = [...circuits].filter(([, { failures }]) => failures >= FAILURES);
      return {
        byEndpoint: count(all.map(endpointOf)),
        byName: count(all.map(({ host }) => nameOf(host))),
        byOwner: count(all.map(({ ownerId }) => ownerId)),
        closed: troubled
          .filter(([, { closedUntilMs }]) => closedUntilMs > now())
          .map(([endpoint]) => endpoint),
        probed: troubled
          .filter(([, { closedUntilMs }]) => closedUntilMs <= now())
          .map(([endpoint]) => endpoint),
      };
    },
  };
};
export type Places = ReturnType<typeof createPlaces>;
