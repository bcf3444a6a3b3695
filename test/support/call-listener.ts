import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A proxy that lets nobody through and remembers who was to be called. */
export type CallListener = {
  /** Proxy settings for every library that reads some. */
  readonly env: Record<string, string>;
  /** The first line of each request, such as `CONNECT example.com:443 HTTP/1.1`. */
  readonly calls: () => readonly string[];
  readonly stop: () => void;
};

const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];

export const startCallListener = async (): Promise<CallListener> => {
  const calls: string[] = [];
  const server = createServer((socket) => {
    // Whoever is refused may be gone before it has read the answer.
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      calls.push(head.toString('latin1').split('\r\n')[0] ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    // Node.js asks its own requests of the proxy where it is new enough to be told so.
    env: { ...Object.fromEntries(names.map((name) => [name, url])), NODE_USE_ENV_PROXY: '1' },
    calls: () => calls,
    stop: () => void server.close(),
  };
};
