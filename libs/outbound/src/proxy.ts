import { isIP } from 'node:net';
import { ProxyAgent } from 'undici';
import { allowsAddress, parseAllow, type Allow } from './allow.js';
import type { Connection, Target } from './target.js';

export type ProxyOptions = {
  /** `http://[user:password@]host:port`, or https. */
  readonly url: string;
  /** Hosts, addresses and networks that are reached without the proxy. */
  readonly except: readonly string[];
};

export type Proxy = { readonly url: string; readonly except: Allow };

/** @throws Error that names the first malformed exception */
export const parseProxy = ({ url, except }: ProxyOptions): Proxy => ({ url, except: parseAllow(except) });

/** The proxy's URL for a host, or undefined where the host is reached directly. */
export const proxyFor = (
  proxy: Proxy | undefined,
  host: string,
  addresses: readonly string[],
): string | undefined => {
  if (!proxy || proxy.except.hosts.has(host)) return undefined;
  return addresses.every((address) => allowsAddress(proxy.except, address)) ? undefined : proxy.url;
};

/**
 * Makes a tunnel through a proxy for one request. The proxy gets the checked address and not the name, so that
 * it resolves nothing. Certificate and Host header are those of the name.
 *
 * @param idleTimeoutMs 0 for none
 */
export const connectThrough = (
  proxyUrl: string,
  { url, addresses: [address = ''] }: Target,
  idleTimeoutMs: number,
): Connection => {
  const origin = new URL(url.origin);
  origin.hostname = isIP(address) === 6 ? `[${address}]` : address;
  const isName = url.hostname !== origin.hostname;
  const agent = new ProxyAgent({
    uri: proxyUrl,
    proxyTunnel: true,
    proxyTls: { timeout: idleTimeoutMs },
    requestTls: { timeout: idleTimeoutMs, ...(isName && { servername: url.hostname }) },
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
  });
  return {
    request: ({ headers, ...options }) =>
      agent.request({ ...options, origin: origin.origin, headers: { ...headers, host: url.host } }),
    destroy: () => agent.destroy(),
  };
};
