import { errors } from 'undici';
import type { Failure, OutboundError } from './outbound-error.js';
import { TunnelError } from './tunnel-error.js';

/** Node's and undici's codes of a failed connection or answer, in our words. Each completes a sentence. */
const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'breaks off the connection',
  EPIPE: 'breaks off the connection',
  UND_ERR_SOCKET: 'closes the connection without an answer',
  EHOSTUNREACH: 'cannot be reached: no route leads there',
  ENETUNREACH: 'cannot be reached: no route leads there',
  EADDRNOTAVAIL: 'cannot be reached: no route leads there',
  ETIMEDOUT: 'does not accept the connection in time',
  EPROTO: 'does not complete the TLS handshake',
  UND_ERR_HEADERS_OVERFLOW: 'sends headers that are too large',
};

const foreignAuthority = 'shows a certificate whose authority is not trusted here';

/** OpenSSL's codes of certificates that Node refuses. */
const distrust: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'shows a certificate that is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: foreignAuthority,
  UNABLE_TO_GET_ISSUER_CERT: foreignAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: foreignAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: foreignAuthority,
  CERT_UNTRUSTED: foreignAuthority,
  INVALID_CA: foreignAuthority,
  CERT_HAS_EXPIRED: 'shows a certificate that has expired',
  CERT_NOT_YET_VALID: 'shows a certificate that is not valid yet',
  CERT_REVOKED: 'shows a certificate that was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name',
};

const codeOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';

const wordsFor = (cause: unknown): string => {
  if (cause instanceof errors.HTTPParserError) return 'does not answer in HTTP';
  const code = codeOf(cause);
  if (code.startsWith('ERR_SSL_')) return 'does not complete the TLS handshake';
  return failures[code] ?? 'cannot be reached';
};

/** What stays away, when a limit for pauses ends a request. */
const silence = (cause: unknown): string | undefined => {
  if (cause instanceof errors.ConnectTimeoutError) return 'does not accept the connection';
  if (cause instanceof errors.HeadersTimeoutError) return 'does not begin to answer';
  return cause instanceof errors.BodyTimeoutError ? 'sends no more of its answer' : undefined;
};

const silenceFault = (cause: unknown, idleTimeoutMs: number, fail: Failure): OutboundError | undefined => {
  const what = silence(cause);
  return what === undefined
    ? undefined
    : fail('unreachable', `${what} within ${idleTimeoutMs} ms`, { cause });
};

/** Says why a request got no answer. This is the one place that knows the codes of the libraries below. */
export const requestFault = (cause: unknown, idleTimeoutMs: number, fail: Failure): OutboundError => {
  if (cause instanceof TunnelError) return fail(cause.kind, cause.what, { cause });
  const untrusted = distrust[codeOf(cause)];
  if (untrusted) return fail('untrusted', untrusted, { cause });
  return silenceFault(cause, idleTimeoutMs, fail) ?? fail('unreachable', wordsFor(cause), { cause });
};

/** Says why an answer broke off amid its body. */
export const bodyFault = (
  cause: unknown,
  { idleTimeoutMs, expectedBytes }: { idleTimeoutMs: number; expectedBytes: number | undefined },
  fail: Failure,
): OutboundError => {
  const before = expectedBytes === undefined ? '' : `, before all of its ${expectedBytes} bytes came`;
  const isMalformed = cause instanceof errors.HTTPParserError;
  const what = isMalformed ? 'sends an answer that is malformed' : `ends its answer early${before}`;
  return silenceFault(cause, idleTimeoutMs, fail) ?? fail('unreachable', what, { cause });
};

/** Says why a name was not resolved. */
export const lookupFault = (cause: unknown, fail: Failure): OutboundError => {
  const isUnknown = ['ENOTFOUND', 'ENODATA'].includes(codeOf(cause));
  const what = isUnknown ? 'does not resolve: there is no such host name' : 'does not resolve';
  return fail('unreachable', what, { cause });
};
