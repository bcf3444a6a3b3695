import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { MAX_URL_LENGTH } from '#contract';
import { isPublicAddress } from './address.js';
import { allowsAddress, normaliseHost, type Allow } from './allow.js';
import { abortable } from './deadline.js';
import { OutboundError, type Failure } from './outbound-error.js';
import { proxyFor, type Proxy } from './proxy.js';
import type { Range } from './ranges.js';
import { lookupFault } from './reason.js';

/** Resolves a host name to all of its addresses. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** A URL, and the checked addresses that a request to it may connect to. */
export type Target = {
  readonly url: URL;
  readonly addresses: readonly string[];
  /** The URL of the proxy to go through. */
  readonly proxy?: string | undefined;
};

export type Rules = {
  readonly allow: Allow;
  /** Prefixes of translators from IPv6 to IPv4. */
  readonly nat64?: readonly Range[];
  readonly resolve: Resolve;
  readonly proxy?: Proxy | undefined;
};

export const resolveBySystem: Resolve = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/** @throws OutboundError without a cause, since the parser's error holds the whole text with its secrets */
export const parseUrl = (text: string): URL => {
  if (text.length <= MAX_URL_LENGTH && URL.canParse(text)) return new URL(text);
  const what = text.length > MAX_URL_LENGTH ? `has more than ${MAX_URL_LENGTH} characters` : 'is malformed';
  throw new OutboundError('refused', `The URL ${what}.`);
};

/** @throws OutboundError `refused` for URLs that we do not take */
const hostOf = ({ protocol, hostname, href }: URL, fail: Failure): string => {
  // Escapes make a text longer, and a redirect may lead to a longer one.
  if (href.length > MAX_URL_LENGTH)
    throw fail('refused', `leads to an address of more than ${MAX_URL_LENGTH} characters`);
  const host = normaliseHost(hostname);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw fail('refused', 'leads to an address that is neither http nor https');
  }
  if (host === '' || host.endsWith('.')) throw fail('refused', 'leads to a malformed host name');
  return host;
};

type Limits = Pick<Rules, 'allow' | 'nat64'>;

const refusePrivate = (
  host: string,
  addresses: readonly string[],
  { allow, nat64 }: Limits,
  fail: Failure,
) => {
  const isOpen = (address: string) => isPublicAddress(address, nat64) || allowsAddress(allow, address);
  if (allow.hosts.has(host) || addresses.every(isOpen)) return;
  throw fail('refused', 'leads to an address that is not public');
};

/** Addresses that need no resolver: literal ones, and loopback for localhost (RFC 6761). */
const knownAddresses = (host: string): readonly string[] => {
  if (isIP(host)) return [host];
  return host === 'localhost' || host.endsWith('.localhost') ? ['127.0.0.1'] : [];
};

/**
 * Refuses a URL by its spelling, without resolving its name. `checkTarget` checks it again before the request.
 */
export const checkSpelling = (url: URL, limits: Limits, fail: Failure): void => {
  const host = hostOf(url, fail);
  refusePrivate(host, knownAddresses(host), limits, fail);
};

const addressesOf = async (host: string, resolve: Resolve, fail: Failure, signal: AbortSignal) => {
  if (isIP(host)) return [host];
  try {
    return await abortable(resolve(host), signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw lookupFault(cause, fail);
  }
};

/**
 * Resolves a URL and decides whether it may be requested.
 *
 * One address that is not public refuses the whole name, since a connection may take any of its addresses.
 */
export const checkTarget = async (
  url: URL,
  { resolve, proxy, ...limits }: Rules,
  fail: Failure,
  signal: AbortSignal,
): Promise<Target> => {
  const host = hostOf(url, fail);
  const addresses = await addressesOf(host, resolve, fail, signal);
  if (addresses.length === 0) throw fail('unreachable', 'does not resolve');
  refusePrivate(host, addresses, limits, fail);

  // Without the dot, Host header, TLS server name and certificate agree.
  const normalised = new URL(url);
  if (!isIP(host)) normalised.hostname = host;
  return { url: normalised, addresses, proxy: proxyFor(proxy, host, addresses) };
};
