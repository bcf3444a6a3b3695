import { isPassing } from './status.js';

/**
 * Faults of an address that a user chose:
 * - refused: malformed or not allowed
 * - unreachable: not resolved, not connected, broken off, or no answer in time
 * - untrusted: the certificate is not trusted
 * - badStatus: the answer's status is not 2xx
 * - badAnswer: the answer is unusable despite its status
 * - tooLarge: the answer has too many bytes
 * - proxyAway: our own proxy cannot be used; no fault of the address
 * - stopped: our service is stopping
 */
export type OutboundFault =
  'refused' | 'unreachable' | 'untrusted' | 'badStatus' | 'badAnswer' | 'tooLarge' | 'proxyAway' | 'stopped';

type Facts = {
  /** For badStatus. */
  readonly status?: number;
  /** How long the other side asks us to wait before the next try. */
  readonly retryAfterMs?: number;
  /** For tooLarge, in bytes. */
  readonly max?: number;
};

/** A request to a user's address failed. The parameter that held the address is unknown here. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';

  constructor(
    readonly kind: OutboundFault,
    message: string,
    readonly facts: Facts = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether another try may succeed. */
  get isPassing(): boolean {
    if (this.kind === 'badStatus') return isPassing(this.facts.status ?? 0);
    return this.kind === 'unreachable';
  }
}

/** Whether a request failed by our own proxy, which whoever runs the service must mend. */
export const isProxyAway = (error: unknown): boolean =>
  error instanceof OutboundError && error.kind === 'proxyAway';

/** Makes the error of one request. `what` completes the sentence that begins with the address. */
export type Failure = (kind: OutboundFault, what: string, extra?: Facts & ErrorOptions) => OutboundError;

const longestPath = 200;

const shorten = (path: string): string =>
  path.length > longestPath ? `${path.slice(0, longestPath)}…` : path;

/** How much of an address a message shows. */
export type Shown = 'host' | 'path';

/**
 * Query and userinfo may carry secrets and stay out of messages, as does the content of URLs without a host, such as
 * `data:`.
 */
const textOf = ({ protocol, host, pathname }: URL, shown: Shown): string => {
  if (!host) return `The ${protocol} URL`;
  return `${protocol}//${host}${shown === 'path' ? shorten(pathname) : ''}`;
};

/**
 * Names the address that the user gave, also after redirects: the target of a redirect could reveal hosts that
 * only we can see.
 *
 * @param shown `host` for addresses whose path may be a secret, such as those of Slack's webhooks
 */
export const failureOf =
  (url: URL, shown: Shown): Failure =>
  (kind, what, { cause, ...facts } = {}) =>
    new OutboundError(
      kind,
      `${textOf(url, shown)} ${what}.`,
      facts,
      cause === undefined ? undefined : { cause },
    );
