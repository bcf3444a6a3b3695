import { errors, type Dispatcher } from 'undici';
import { connectTo } from './connect.js';
import { OutboundError, type Failure } from './outbound-error.js';
import { declaredBytes, isCompressed, readBody } from './read-body.js';
import { parseRetryAfter } from './retry-after.js';
import { isSuccess } from './status.js';
import type { Target } from './target.js';

export type FetchLimits = {
  readonly maxBytes: number;
  /** For the whole fetch: name resolution, redirects, body. */
  readonly timeoutMs: number;
  /** For each pause: while connecting, before the headers, between two chunks of the body. */
  readonly idleTimeoutMs: number;
  /** The name of the address for `onRefused`. */
  readonly label?: string;
};

/** The bytes of an answer, or the address that it redirects to. */
export type Answer = { readonly bytes: Buffer } | { readonly location: string };

const headers = { 'user-agent': 'clearcut', accept: '*/*', 'accept-encoding': 'identity' };

const redirects = new Set([301, 302, 303, 307, 308]);

const badStatus = (status: number, received: Dispatcher.ResponseData['headers'], fail: Failure) => {
  const retryAfterMs = parseRetryAfter(received['retry-after']);
  const facts = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return fail('badStatus', `answers with status ${status}`, facts);
};

const toAnswer = async (
  { statusCode, headers: received, body }: Dispatcher.ResponseData,
  { maxBytes }: FetchLimits,
  fail: Failure,
): Promise<Answer> => {
  const { location } = received;
  if (redirects.has(statusCode) && typeof location === 'string') return { location };
  if (!isSuccess(statusCode)) throw badStatus(statusCode, received, fail);
  if (isCompressed(received)) {
    throw fail('badAnswer', 'answers with a compressed body, which was not asked for');
  }

  const tooLarge = () => fail('tooLarge', `holds more than ${maxBytes} bytes`, { max: maxBytes });
  const expectedBytes = declaredBytes(received);
  if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge();
  return { bytes: await readBody(body, { maxBytes, expectedBytes }, tooLarge) };
};

const isSilence = (error: unknown): boolean =>
  error instanceof errors.ConnectTimeoutError ||
  error instanceof errors.HeadersTimeoutError ||
  error instanceof errors.BodyTimeoutError;

/**
 * Sends one GET to a checked target and follows no redirect.
 *
 * @throws OutboundError, or the signal's reason
 */
export const exchange = async (
  target: Target,
  limits: FetchLimits,
  fail: Failure,
  signal: AbortSignal,
): Promise<Answer> => {
  const client = connectTo(target, limits.idleTimeoutMs);
  try {
    const path = target.url.pathname + target.url.search;
    return await toAnswer(await client.request({ method: 'GET', path, headers, signal }), limits, fail);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof OutboundError) throw cause;
    if (isSilence(cause)) throw fail('unreachable', `stays silent for ${limits.idleTimeoutMs} ms`, { cause });
    throw fail('unreachable', 'cannot be fetched', { cause });
  } finally {
    // Also cuts off unread bodies: of redirects, of errors, of answers that are too large.
    await client.destroy();
  }
};
