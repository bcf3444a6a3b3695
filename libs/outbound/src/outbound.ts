import { parseAllow } from './allow.js';
import { withDeadline } from './deadline.js';
import type { FetchLimits, Reading } from './exchange.js';
import { fetchBytes } from './fetch-bytes.js';
import { parseNat64 } from './nat64.js';
import { failureOf, type Failure, type Shown } from './outbound-error.js';
import { parseProxy, type ProxyOptions } from './proxy.js';
import { passBody, readBody, type TakePiece } from './read-body.js';
import { send, type SendOptions, type Sent } from './send.js';
import { checkSpelling, checkTarget, parseUrl, resolveBySystem, type Resolve } from './target.js';

type OutboundOptions = {
  /** Hosts, addresses and networks that may be private: `images.internal`, `127.0.0.1`, `10.0.0.0/8`. */
  readonly allow: readonly string[];
  /** Prefixes of NAT64 translators, such as `64:ff9b::/96`. */
  readonly nat64?: readonly string[];
  /** Resolves host names; tests replace it. */
  readonly resolve?: Resolve;
  /** The proxy for all requests but its exceptions. Unless given, requests go directly. */
  readonly proxy?: ProxyOptions | undefined;
  /** Called for each refused address, with the label of its request. */
  readonly onRefused?: (label: string) => void;
};

export type Outbound = {
  /**
   * Fetches the bytes at an http or https address that a user chose.
   *
   * @throws OutboundError of any kind
   * @throws the signal's reason, unchanged
   */
  readonly fetchBytes: (url: string, limits: FetchLimits, signal?: AbortSignal) => Promise<Buffer>;
  /**
   * Fetches like `fetchBytes`, and hands the bytes over as they come.
   *
   * @throws also what `take` throws, unchanged
   */
  readonly fetchInto: (
    url: string,
    limits: FetchLimits,
    take: TakePiece,
    signal?: AbortSignal,
  ) => Promise<void>;
  /**
   * Sends a body to an http or https address that a user chose. Resolves for every status, even a redirect. Errors
   * name the host only, since whoever knows the path may often post there.
   *
   * @throws OutboundError of the kinds `refused`, `unreachable` and `stopped`
   * @throws the signal's reason, unchanged
   */
  readonly send: (options: SendOptions, signal?: AbortSignal) => Promise<Sent>;
  /**
   * Refuses an address that `send` would refuse, as far as its spelling shows. It resolves no name.
   *
   * @throws OutboundError `refused`
   */
  readonly checkUrl: (url: string, label?: string) => void;
  /** Breaks off running requests and waits for their end. */
  readonly close: () => Promise<void>;
};

/** Keeps the running requests, so that `close` can break them off. */
const createRunning = () => {
  const running = new Map<() => void, Promise<unknown>>();
  let closed = false;
  return {
    /** Runs work until it ends, times out, or is aborted or broken off. */
    run: async <T>(
      work: (signal: AbortSignal) => Promise<T>,
      { timeoutMs, fail }: { timeoutMs: number; fail: Failure },
      signal?: AbortSignal,
    ): Promise<T> => {
      const stopped = () => fail('stopped', 'is not asked, because the service is stopping');
      const timedOut = () => fail('unreachable', `does not answer within ${timeoutMs} ms`);
      if (closed) throw stopped();
      const track = (stop: AbortController) => {
        const working = work(stop.signal);
        const breakOff = () => stop.abort(stopped());
        running.set(breakOff, working);
        return working.finally(() => running.delete(breakOff));
      };
      return withDeadline(track, { timeoutMs, timedOut }, signal);
    },
    close: async () => {
      closed = true;
      for (const breakOff of running.keys()) breakOff();
      await Promise.allSettled(running.values());
    },
  };
};

/**
 * Makes all requests to addresses that users chose.
 *
 * @example
 * const outbound = createOutbound({ allow: ['images.internal'] });
 * const bytes = await outbound.fetchBytes(url, { maxBytes: 20e6, timeoutMs: 30_000, idleTimeoutMs: 10_000 });
 */
export const createOutbound = ({
  allow,
  nat64 = [],
  resolve = resolveBySystem,
  proxy,
  onRefused = () => undefined,
}: OutboundOptions): Outbound => {
  const ranges = { allow: parseAllow(allow), nat64: parseNat64(nat64) };
  const rules = { ...ranges, resolve, proxy: proxy && parseProxy(proxy) };
  const running = createRunning();
  const failureAt = (url: URL, shown: Shown, label = 'unknown'): Failure => {
    const fail = failureOf(url, shown);
    return (kind, ...more) => {
      if (kind === 'refused') onRefused(label);
      return fail(kind, ...more);
    };
  };

  const fetch = async <T>(text: string, reading: Reading<T>, signal?: AbortSignal): Promise<T> => {
    const { limits } = reading;
    const url = parseUrl(text);
    const fail = failureAt(url, 'path', limits.label);
    const work = (signal: AbortSignal) => fetchBytes(url, { rules, reading, fail }, signal);
    return running.run(work, { timeoutMs: limits.timeoutMs, fail }, signal);
  };

  return {
    fetchBytes: (text, limits, signal) => fetch(text, { limits, read: readBody }, signal),

    fetchInto: (text, limits, take, signal) => {
      // The reason of an abort is thrown as it is.
      const stop = new AbortController();
      const stopping = async (piece: Uint8Array) => {
        try {
          await take(piece);
        } catch (error) {
          stop.abort(error);
          throw error;
        }
      };
      const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      return fetch(text, { limits, read: passBody(stopping) }, either);
    },

    send: async (options, signal) => {
      const { timeoutMs, label } = options;
      const url = parseUrl(options.url);
      const fail = failureAt(url, 'host', label);
      const work = async (signal: AbortSignal) =>
        send(await checkTarget(url, rules, fail, signal), options, fail, signal);
      return running.run(work, { timeoutMs, fail }, signal);
    },

    checkUrl: (text, label) => {
      const url = parseUrl(text);
      checkSpelling(url, ranges, failureAt(url, 'host', label));
    },

    close: running.close,
  };
};
