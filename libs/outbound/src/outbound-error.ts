import { isPassing } from './status.js';

/**
 * What can go wrong with an address that a user chose:
 * - refused: it is malformed or may not be asked
 * - unreachable: not resolved, not connected, broken off, or no answer in time
 * - badStatus: it answers with a status that is no success
 * - badAnswer: its answer cannot be used, whatever the status
 * - tooLarge: it answers with more bytes than are taken
 * - stopped: we are closing
 */
export type OutboundFault = 'refused' | 'unreachable' | 'badStatus' | 'badAnswer' | 'tooLarge' | 'stopped';

type Facts = {
  /** Of badStatus. */
  readonly status?: number;
  /** How long the other side asks us to wait before the next try. */
  readonly retryAfterMs?: number;
  /** Of tooLarge, in bytes. */
  readonly max?: number;
};

/** A request to a user's address came to nothing. Which parameter held the address is not known here. */
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

  /** Whether another try may fare better. */
  get isPassing(): boolean {
    if (this.kind === 'badStatus') return isPassing(this.facts.status ?? 0);
    return this.kind === 'unreachable';
  }
}

/** Makes the error of one request. `what` completes a sentence whose subject is the address. */
export type Failure = (kind: OutboundFault, what: string, extra?: Facts & ErrorOptions) => OutboundError;

const longestPath = 200;

const shorten = (path: string): string =>
  path.length > longestPath ? `${path.slice(0, longestPath)}…` : path;

/**
 * Scheme, host and path. Query and userinfo may carry secrets and stay out of every message; so does
 * what follows `data:` and the like, where there is no host.
 */
const shown = ({ protocol, host, pathname }: URL): string =>
  host ? `${protocol}//${host}${shorten(pathname)}` : `The ${protocol} URL`;

/**
 * Names the address that the user gave, also after redirects: where a redirect leads is text that the other
 * side wrote, and might tell the user about hosts which only we can see.
 */
export const failureOf =
  (url: URL): Failure =>
  (kind, what, { cause, ...facts } = {}) =>
    new OutboundError(kind, `${shown(url)} ${what}.`, facts, cause === undefined ? undefined : { cause });
