import { createServer } from 'node:http';
import { connect } from 'node:net';

/** An HTTP proxy that makes the tunnels that it is asked for. */
export type TunnelProxy = {
  /** The addresses that were asked for, in order. */
  readonly asked: readonly string[];
  readonly stop: () => Promise<void>;
};

/** Listens on a port of 127.0.0.1. */
export const startTunnelProxy = async (port: number): Promise<TunnelProxy> => {
  const asked: string[] = [];
  const server = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    const { hostname, port: targetPort } = new URL(`http://${url}`);
    const upstream = connect(Number(targetPort || 80), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    asked,
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
