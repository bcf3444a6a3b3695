import type { Dispatcher } from 'undici';
import { withConnection } from './connect.js';
import { authorizationOf } from './credentials.js';
import type { Failure } from './outbound-error.js';
import { parseRetryAfter } from './retry-after.js';
import type { Target } from './target.js';

export type SendOptions = {
  readonly method: 'PUT' | 'POST';
  readonly url: string;
  readonly body: Uint8Array | string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole request: name resolution, sending, the head of the answer. */
  readonly timeoutMs: number;
  /** The name of the address for `onRefused`. */
  readonly label?: string;
};

/** The part of an answer that is kept. */
export type Sent = {
  readonly status: number;
  /** The wait that the receiver asks for. */
  readonly retryAfterMs?: number;
};

/** The total timeout covers the connection too. */
const NO_IDLE_TIMEOUT = 0;

const drainLimits = { maxBytes: 64 * 1024, ms: 1_000 };

/** Reads the rest of the answer. Its faults do not count, since the status is known. */
const drain = (body: Dispatcher.ResponseData['body']): Promise<void> =>
  body
    .dump({ limit: drainLimits.maxBytes, signal: AbortSignal.timeout(drainLimits.ms) })
    .catch(() => undefined);

/**
 * Sends one request with a body to a checked target. Redirects are returned, not followed.
 *
 * @throws OutboundError, or the signal's reason
 */
export const send = (
  target: Target,
  { method, body, contentType, headers }: SendOptions,
  fail: Failure,
  signal: AbortSignal,
): Promise<Sent> =>
  withConnection(target, { idleTimeoutMs: NO_IDLE_TIMEOUT, fail, signal }, async (client) => {
    const { url } = target;
    const own = { 'user-agent': 'clearcut', accept: '*/*', ...authorizationOf(url) };
    const answer = await client.request({
      method,
      path: url.pathname + url.search,
      headers: { ...own, ...headers, 'content-type': contentType },
      body,
      signal,
    });
    await drain(answer.body);
    const retryAfterMs = parseRetryAfter(answer.headers);
    return { status: answer.statusCode, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  });
