import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A proxy that refuses every call and records its target. */
export type CallListener = {
  /** Proxy settings in the environment, for every library that reads them. */
  readonly env: Record<string, string>;
  /** The first line of each request, such as `CONNECT example.com:443 HTTP/1.1`. */
  readonly calls: () => readonly string[];
  readonly stop: () => void;
};

const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];

export const startCallListener = async (): Promise<CallListener> => {
  const calls: string[] = [];
  const server = createServer((socket) => {
    // The caller may disconnect before it has read the answer.
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
    // Newer versions of Node.js send their own requests through the proxy when this is set.
    env: { ...Object.fromEntries(names.map((name) => [name, url])), NODE_USE_ENV_PROXY: '1' },
    calls: () => calls,
    stop: () => void server.close(),
  };
};
