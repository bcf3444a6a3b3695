import { isIP, type LookupFunction } from 'node:net';
import { Client, ProxyAgent, type Dispatcher } from 'undici';
import type { Target } from './target.js';

type Request = {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly signal: AbortSignal;
};

/** A connection for one request. */
export type Connection = {
  readonly request: (request: Request) => Promise<Dispatcher.ResponseData>;
  readonly destroy: () => Promise<void>;
};

/** Resolves every name to the checked addresses, so that no later change counts. Literal addresses are not looked up. */
const pinTo =
  (addresses: readonly string[]): LookupFunction =>
  (_host, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    if (all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };

/**
 * Makes a tunnel through a proxy for one request. The proxy gets the checked address and not the name, so that
 * it resolves nothing. Certificate and Host header are those of the name.
 *
 * @param idleTimeoutMs 0 for none
 */
const connectThrough = (
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

/**
 * Makes a client for one request, since a pool would outlive the check of its addresses. It ignores the
 * proxy settings of the environment.
 *
 * @param idleTimeoutMs 0 for none
 */
export const connectTo = (target: Target, idleTimeoutMs: number): Connection => {
  const { url, addresses, proxy } = target;
  if (proxy !== undefined) return connectThrough(proxy, target, idleTimeoutMs);
  return new Client(url.origin, {
    connect: { lookup: pinTo(addresses), timeout: idleTimeoutMs },
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
  });
};
