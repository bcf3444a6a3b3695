import { allowsAddress, parseAllow, type Allow } from './allow.js';

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
