import type { Dispatcher } from 'undici';
import { withConnection } from './connect.js';
import { authorizationOf } from './credentials.js';
import { OutboundError, type Failure } from './outbound-error.js';
import { declaredBytes, isCompressed, type ReadBody } from './read-body.js';
import { bodyFault } from './reason.js';
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

/** How the body of an answer is read. */
export type Reading<T> = { readonly limits: FetchLimits; readonly read: ReadBody<T> };

/** What was read of an answer's body, or the address that it redirects to. */
export type Answer<T> = { readonly read: T } | { readonly location: string };

const headers = { 'user-agent': 'clearcut', accept: '*/*', 'accept-encoding': 'identity' };

const redirects = new Set([301, 302, 303, 307, 308]);

const badStatus = (status: number, received: Dispatcher.ResponseData['headers'], fail: Failure) => {
  const retryAfterMs = parseRetryAfter(received);
  const facts = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return fail('badStatus', `answers with status ${status}`, facts);
};

/**
 * The text of a Location header. Header bytes come as latin1; those beyond ASCII are percent-encoded as they are,
 * so that the server gets them back whatever they spell. A host name is read as UTF-8.
 */
const locationOf = (header: string): string =>
  header.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);

const readAnswer = async <T>(
  { headers: received, body }: Dispatcher.ResponseData,
  { limits: { maxBytes, idleTimeoutMs }, read }: Reading<T>,
  fail: Failure,
): Promise<T> => {
  const tooLarge = () => fail('tooLarge', `holds more than ${maxBytes} bytes`, { max: maxBytes });
  const expectedBytes = declaredBytes(received);
  if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge();
  try {
    return await read(body, { maxBytes, expectedBytes }, tooLarge);
  } catch (cause) {
    if (cause instanceof OutboundError) throw cause;
    throw bodyFault(cause, { idleTimeoutMs, expectedBytes }, fail);
  }
};

const toAnswer = async <T>(
  answer: Dispatcher.ResponseData,
  reading: Reading<T>,
  fail: Failure,
): Promise<Answer<T>> => {
  const { statusCode, headers: received } = answer;
  const { location } = received;
  if (redirects.has(statusCode) && typeof location === 'string') return { location: locationOf(location) };
  if (!isSuccess(statusCode)) throw badStatus(statusCode, received, fail);
  if (isCompressed(received)) {
    throw fail('badAnswer', 'answers with a compressed body, which was not asked for');
  }
  return { read: await readAnswer(answer, reading, fail) };
};

/**
 * Sends one GET to a checked target and follows no redirect.
 *
 * @throws OutboundError, or the signal's reason
 */
export const exchange = <T>(
  target: Target,
  reading: Reading<T>,
  fail: Failure,
  signal: AbortSignal,
): Promise<Answer<T>> =>
  withConnection(target, { idleTimeoutMs: reading.limits.idleTimeoutMs, fail, signal }, async (client) => {
    const { url } = target;
    const options = { path: url.pathname + url.search, headers: { ...headers, ...authorizationOf(url) } };
    return toAnswer(await client.request({ method: 'GET', ...options, signal }), reading, fail);
  });
