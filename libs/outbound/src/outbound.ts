import { parseAllow } from './allow.js';
import { withDeadline } from './deadline.js';
import type { FetchLimits } from './exchange.js';
import { failureOf } from './failure.js';
import { fetchBytes } from './fetch-bytes.js';
import { parseUrl, resolveBySystem, type Resolve } from './target.js';

export type OutboundOptions = {
  /** Hosts, addresses and networks that may be private: `images.internal`, `127.0.0.1`, `10.0.0.0/8`. */
  readonly allow: readonly string[];
  /** How names become addresses; the system's way unless a test says otherwise. */
  readonly resolve?: Resolve;
};

export type Outbound = {
  /**
   * Fetches the bytes at an http or https address that a user chose.
   *
   * @throws TaskError `invalidInputImageURL`: malformed, or leads to an address that is not public
   * @throws TaskError `downloadFailed`: not resolved, not reached, too slow, not a 2xx, too many redirects
   * @throws TaskError `maxImageSizeExceeded`: more than `maxBytes`
   * @throws the signal's reason, as it is
   */
  readonly fetchBytes: (url: string, limits: FetchLimits, signal?: AbortSignal) => Promise<Buffer>;
  /** Breaks off what is still being fetched and waits until it has ended. */
  readonly close: () => Promise<void>;
};

/**
 * Every request that we make to an address which a user chose.
 *
 * @example
 * const outbound = createOutbound({ allow: ['images.internal'] });
 * const bytes = await outbound.fetchBytes(url, { maxBytes: 20e6, timeoutMs: 30_000, idleTimeoutMs: 10_000 });
 */
export const createOutbound = ({ allow, resolve = resolveBySystem }: OutboundOptions): Outbound => {
  const rules = { allow: parseAllow(allow), resolve };
  const running = new Map<() => void, Promise<unknown>>();
  let closed = false;

  return {
    fetchBytes: async (text, limits, signal) => {
      const url = parseUrl(text, limits.parameter);
      const fail = failureOf(url, limits.parameter);
      const stopped = () => fail('downloadFailed', 'is not fetched, because the service is stopping');
      const timedOut = () => fail('downloadFailed', `is not fetched within ${limits.timeoutMs} ms`);
      if (closed) throw stopped();

      return withDeadline(
        async (stop) => {
          const fetching = fetchBytes(url, { rules, limits, fail }, stop.signal);
          const breakOff = () => stop.abort(stopped());
          running.set(breakOff, fetching);
          return fetching.finally(() => running.delete(breakOff));
        },
        { timeoutMs: limits.timeoutMs, timedOut },
        signal,
      );
    },

    close: async () => {
      closed = true;
      for (const breakOff of running.keys()) breakOff();
      await Promise.allSettled(running.values());
    },
  };
};
