import { request as startRequest } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buildConnector, errors } from 'undici';
import { authorizationOf } from './credentials.js';
import { abortable } from './deadline.js';
import { isSuccess } from './status.js';
import type { Target } from './target.js';
import { TunnelError } from './tunnel-error.js';

/** The proxy is near, and a lasting failure to reach it is our own trouble. */
const PROXY_TIMEOUT_MS = 5_000;
/** The proxy wants other credentials than those of the setting. */
const AUTHENTICATION_REQUIRED = 407;

const proxyAway = (cause: unknown) =>
  new TunnelError('proxyAway', 'waits, because the proxy of this service cannot be used', { cause });

/** @throws TunnelError proxyAway */
const openSocket = async (proxy: URL, signal: AbortSignal): Promise<Socket> => {
  const { hostname, host, protocol, port } = proxy;
  const connect = buildConnector({ timeout: PROXY_TIMEOUT_MS });
  const opening = new Promise<Socket>((resolve, reject) => {
    const plain = hostname.replace(/^\[(.*)\]$/, '$1');
    connect({ hostname: plain, host, protocol, port }, (error, socket) =>
      error ? reject(error) : resolve(socket),
    );
  });
  try {
    return await abortable(opening, signal);
  } catch (cause) {
    void opening.then((socket) => socket.destroy()).catch(() => undefined);
    signal.throwIfAborted();
    throw proxyAway(cause);
  }
};

/** The checked address and port, so that the proxy resolves nothing. */
const placeOf = ({ url, addresses: [address = ''] }: Target): string => {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
};

const refusal = (status: number): TunnelError => {
  const reason = `the proxy of this service answers with status ${status}`;
  if (status === AUTHENTICATION_REQUIRED) return proxyAway(new Error(reason));
  return new TunnelError('unreachable', `cannot be reached: ${reason}`);
};

const noAnswer = (cause: unknown) =>
  new TunnelError('unreachable', 'cannot be reached: the proxy of this service does not answer', { cause });

type Asked = { readonly place: string; readonly proxy: URL; readonly idleTimeoutMs: number };

/** Asks for the tunnel on a connection to the proxy. */
const ask = (socket: Socket, { place, proxy, idleTimeoutMs }: Asked): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const { authorization } = authorizationOf(proxy);
    const request = startRequest({
      createConnection: () => socket,
      method: 'CONNECT',
      path: place,
      headers: { host: place, ...(authorization && { 'proxy-authorization': authorization }) },
    });
    request.once('connect', ({ statusCode = 0 }, tunnel, head) => {
      if (!isSuccess(statusCode)) return reject(refusal(statusCode));
      tunnel.setTimeout(0);
      if (head.length > 0) tunnel.unshift(head);
      resolve(tunnel);
    });
    const silent = () => request.destroy(new errors.HeadersTimeoutError());
    if (idleTimeoutMs > 0) request.setTimeout(idleTimeoutMs, silent);
    request.once('error', (cause) =>
      reject(cause instanceof errors.HeadersTimeoutError ? cause : noAnswer(cause)),
    );
    request.end();
  });

/**
 * Opens a tunnel through a proxy to the checked address of a target. The proxy gets the address and not the name.
 *
 * @param idleTimeoutMs 0 for none
 * @throws TunnelError, undici's HeadersTimeoutError, or the signal's reason
 */
export const openTunnel = async (
  proxyUrl: string,
  target: Target,
  idleTimeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> => {
  const proxy = new URL(proxyUrl);
  const socket = await openSocket(proxy, signal);
  try {
    const asked = { place: placeOf(target), proxy, idleTimeoutMs };
    return (await abortable(ask(socket, asked), signal)) as Socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};
