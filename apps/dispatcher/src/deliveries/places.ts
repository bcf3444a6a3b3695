import type { DueDelivery, InHand } from '#database';

/** Deliveries at once. */
export const PLACES = 32;

/** No answers in a row after which an endpoint is left alone for a while. */
const FAILURES = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

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

  return {
    free: () => PLACES - inHand.size,
    take: (delivery: DueDelivery): void => {
      inHand.add(delivery);
    },
    /** @param answered whether the receiver answered, with whatever status; undefined when it was not asked */
    release: (delivery: DueDelivery, answered: boolean | undefined): void => {
      inHand.delete(delivery);
      const endpoint = endpointOf(delivery);
      if (answered === true) circuits.delete(endpoint);
      if (answered !== false) return;
      const failures = (circuits.get(endpoint)?.failures ?? 0) + 1;
      const pauseMs =
        failures < FAILURES ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - FAILURES));
      circuits.set(endpoint, { failures, closedUntilMs: now() + pauseMs });
    },
    /** What is in hand, for the choice of the next ones. */
    look: (): InHand => {
      const all = [...inHand];
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
