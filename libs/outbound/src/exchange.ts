import { isIP, type LookupFunction } from 'node:net';
import { Client, errors, type Dispatcher } from 'undici';
import { OutboundError, type Failure } from './outbound-error.js';
import { declaredBytes, isCompressed, readBody } from './read-body.js';
import { parseRetryAfter } from './retry-after.js';
import { isSuccess } from './status.js';
import type { Target } from './target.js';

export type FetchLimits = {
  readonly maxBytes: number;
  /** For everything together: name resolution, redirects, body. */
  readonly timeoutMs: number;
  /** For each silence: while connecting, before the headers, between two pieces of the body. */
  readonly idleTimeoutMs: number;
  /** What `onRefused` calls the address. */
  readonly label?: string;
};

/** What one request comes to: the bytes, or the place to ask instead. */
export type Answer = { readonly bytes: Buffer } | { readonly location: string };

const headers = { 'user-agent': 'clearcut', accept: '*/*', 'accept-encoding': 'identity' };

const redirects = new Set([301, 302, 303, 307, 308]);

/** Answers with the checked addresses, whatever the name resolves to by now. Literal addresses never get here. */
const pinTo =
  (addresses: readonly string[]): LookupFunction =>
  (_host, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    if (all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };

/**
 * A client for one request: a pool would outlive the check of its addresses. It reads no proxy settings.
 *
 * @param idleTimeoutMs 0 for none
 */
export const connectTo = ({ url, addresses }: Target, idleTimeoutMs: number): Client =>
  new Client(url.origin, {
    connect: { lookup: pinTo(addresses), timeout: idleTimeoutMs },
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
  });

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
 * Sends one GET to a checked target and follows nothing.
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
    // Also cuts off a body that nobody reads: a redirect's, an error's, the rest of one that is too large.
    await client.destroy();
  }
};
