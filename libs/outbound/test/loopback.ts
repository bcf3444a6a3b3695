import { afterEach } from '@jest/globals';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/** Starts a server of any protocol and returns its port. */
export const listenOnLoopback = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** A real server on loopback that counts its connections. */
export type Loopback = {
  readonly port: number;
  readonly url: (path?: string) => string;
  readonly connections: () => number;
  readonly requests: readonly IncomingMessage[];
  readonly close: () => Promise<void>;
};

/** @param handle may leave a request unanswered, since `close` cuts it off */
export const serveLoopback = async (handle: RequestListener): Promise<Loopback> => {
  let connections = 0;
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handle(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });

  const port = await listenOnLoopback(server);
  return {
    port,
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    connections: () => connections,
    requests,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};

/** Starts servers for the tests of a `describe`, and closes them after each test. */
export const serveInTests = (): ((handle: RequestListener) => Promise<Loopback>) => {
  const servers: Loopback[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  return async (handle) => {
    const server = await serveLoopback(handle);
    servers.push(server);
    return server;
  };
};
