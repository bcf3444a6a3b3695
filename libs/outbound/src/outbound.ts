import { parseAllow } from './allow.js';
import { withDeadline } from './deadline.js';
import type { FetchLimits } from './exchange.js';
import { failureOf, sendFailureOf, type Asked, type Failure } from './failure.js';
import { fetchBytes } from './fetch-bytes.js';
import { send, type SendOptions, type Sent } from './send.js';
import { checkSpelling, checkTarget, parseUrl, resolveBySystem, type Resolve } from './target.js';

export type OutboundOptions = {
  /** Hosts, addresses and networks that may be private: `images.internal`, `127.0.0.1`, `10.0.0.0/8`. */
  readonly allow: readonly string[];
  /** How names become addresses; the system's way unless a test says otherwise. */
  readonly resolve?: Resolve;
  /** Hears of each address that was refused, by the parameter that held it. */
  readonly onRefused?: (parameter: string) => void;
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
  /**
   * Sends a body to an http or https address that a user chose. Every status is an answer, a redirect too.
   *
   * @throws TaskError with the given code: malformed, or leads to an address that is not public
   * @throws UnreachableError: not resolved, not reached, no answer in time
   * @throws the signal's reason, as it is
   */
  readonly send: (options: SendOptions, signal?: AbortSignal) => Promise<Sent>;
  /**
   * Refuses an address at the door that `send` would refuse too, as far as its spelling tells; no name is
   * resolved.
   *
   * @throws TaskError with the given code
   */
  readonly checkUrl: (url: string, asked: Asked) => void;
  /** Breaks off what is still under way and waits until it has ended. */
  readonly close: () => Promise<void>;
};

/** The work that is under way, each with the way to break it off. */
const createRunning = () => {
  const running = new Map<() => void, Promise<unknown>>();
  let closed = false;
  return {
    /** Runs work until its time is over, the signal aborts, or all is broken off. */
    run: async <T>(
      work: (signal: AbortSignal) => Promise<T>,
      { timeoutMs, fail }: { timeoutMs: number; fail: Failure },
      signal?: AbortSignal,
    ): Promise<T> => {
      const stopped = () => fail('failed', 'is not asked, because the service is stopping');
      const timedOut = () => fail('failed', `does not answer within ${timeoutMs} ms`);
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
 * Every request that we make to an address which a user chose.
 *
 * @example
 * const outbound = createOutbound({ allow: ['images.internal'] });
 * const bytes = await outbound.fetchBytes(url, { maxBytes: 20e6, timeoutMs: 30_000, idleTimeoutMs: 10_000 });
 */
export const createOutbound = ({
  allow,
  resolve = resolveBySystem,
  onRefused = () => undefined,
}: OutboundOptions): Outbound => {
  const rules = { allow: parseAllow(allow), resolve };
  const running = createRunning();
  const heard =
    (fail: Failure, parameter = 'unknown'): Failure =>
    (fault, ...more) => {
      if (fault === 'refused') onRefused(parameter);
      return fail(fault, ...more);
    };

  return {
    fetchBytes: async (text, limits, signal) => {
      const url = parseUrl(text, limits.parameter);
      const fail = heard(failureOf(url, limits.parameter), limits.parameter);
      const work = (signal: AbortSignal) => fetchBytes(url, { rules, limits, fail }, signal);
      return running.run(work, { timeoutMs: limits.timeoutMs, fail }, signal);
    },

    send: async (options, signal) => {
      const { parameter, code, timeoutMs } = options;
      const url = parseUrl(options.url, parameter, code);
      const fail = heard(sendFailureOf(url, options), parameter);
      const work = async (signal: AbortSignal) =>
        send(await checkTarget(url, rules, fail, signal), options, fail, signal);
      return running.run(work, { timeoutMs, fail }, signal);
    },

    checkUrl: (text, asked) => {
      const url = parseUrl(text, asked.parameter, asked.code);
      checkSpelling(url, rules.allow, heard(sendFailureOf(url, asked), asked.parameter));
    },

    close: running.close,
  };
};
