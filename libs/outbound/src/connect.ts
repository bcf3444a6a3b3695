import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { OutboundError, type Failure } from './outbound-error.js';
import { requestFault } from './reason.js';
import type { Target } from './target.js';
import { openTunnel } from './tunnel.js';

/** Resolves every name to the checked addresses, so that no later change counts. Literal addresses are not looked up. */
const pinTo =
  (addresses: readonly string[]): LookupFunction =>
  (_host, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    if (all) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };

/** Certificate and Host header are those of the name, also in a tunnel, which leads to the checked address. */
const connectorFor = (
  { addresses }: Target,
  httpSocket: Socket | undefined,
  timeout: number,
): buildConnector.connector => {
  if (!httpSocket) return buildConnector({ lookup: pinTo(addresses), timeout });
  const connectTls = buildConnector({ timeout });
  return (options, callback) => {
    // A callback within the call would leave the client waiting.
    if (options.protocol !== 'https:') queueMicrotask(() => callback(null, httpSocket));
    else connectTls({ ...options, httpSocket }, callback);
  };
};

type Limits = {
  /** For each pause; 0 for none. */
  readonly idleTimeoutMs: number;
  readonly fail: Failure;
  readonly signal: AbortSignal;
};

/**
 * Runs one request on a connection of its own, since a pool would outlive the check of its addresses. The proxy
 * settings of the environment have no effect.
 *
 * @throws OutboundError, or the signal's reason
 */
export const withConnection = async <T>(
  target: Target,
  { idleTimeoutMs, fail, signal }: Limits,
  work: (client: Client) => Promise<T>,
): Promise<T> => {
  let tunnel: Socket | undefined;
  let client: Client | undefined;
  try {
    if (target.proxy !== undefined) tunnel = await openTunnel(target.proxy, target, idleTimeoutMs, signal);
    const connect = connectorFor(target, tunnel, idleTimeoutMs);
    const timeouts = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
    client = new Client(target.url.origin, { connect, ...timeouts });
    return await work(client);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof OutboundError) throw cause;
    throw requestFault(cause, idleTimeoutMs, fail);
  } finally {
    // Also cuts off unread bodies: of redirects, of errors, of answers that are too large.
    await client?.destroy();
    tunnel?.destroy();
  }
};
