import type { Dispatcher } from 'undici';
import { connectTo } from './exchange.js';
import type { Failure } from './outbound-error.js';
import { parseRetryAfter } from './retry-after.js';
import type { Target } from './target.js';

export type SendOptions = {
  readonly method: 'PUT' | 'POST';
  readonly url: string;
  readonly body: Uint8Array | string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For everything together: name resolution, sending, the head of the answer. */
  readonly timeoutMs: number;
  /** What `onRefused` calls the address. */
  readonly label?: string;
};

/** What the other side said, of which nothing but this is kept. */
export type Sent = {
  readonly status: number;
  /** How long it asks us to wait before the next try. */
  readonly retryAfterMs?: number;
};

/** No timeouts of the connection's own: the deadline of the whole covers them. */
const NO_IDLE_TIMEOUT = 0;

const drainLimits = { maxBytes: 64 * 1024, ms: 1_000 };

/** Lets the other side finish what it says. The status is known by then, so that no fault of the body counts. */
const drain = (body: Dispatcher.ResponseData['body']): Promise<void> =>
  body
    .dump({ limit: drainLimits.maxBytes, signal: AbortSignal.timeout(drainLimits.ms) })
    .catch(() => undefined);

/**
 * Sends one request with a body to a checked target and follows nothing: a redirect is an answer like others.
 *
 * @throws OutboundError, or the signal's reason
 */
export const send = async (
  target: Target,
  { method, body, contentType, headers }: SendOptions,
  fail: Failure,
  signal: AbortSignal,
): Promise<Sent> => {
  const client = connectTo(target, NO_IDLE_TIMEOUT);
  try {
    const answer = await client.request({
      method,
      path: target.url.pathname + target.url.search,
      headers: { 'user-agent': 'clearcut', accept: '*/*', ...headers, 'content-type': contentType },
      body,
      signal,
    });
    await drain(answer.body);
    const retryAfterMs = parseRetryAfter(answer.headers['retry-after']);
    return { status: answer.statusCode, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  } catch (cause) {
    signal.throwIfAborted();
    throw fail('unreachable', 'cannot be reached', { cause });
  } finally {
    await client.destroy();
  }
};
