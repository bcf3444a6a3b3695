import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A network between programs and a server, which a test can make slow or break. */
export type TcpProxy = {
  readonly port: number;
  /** New connections lead to this port of 127.0.0.1 from now on. */
  readonly leadTo: (port: number) => void;
  /** Each piece of data arrives so much later, in both directions. 0 ends it. */
  readonly setDelay: (ms: number) => void;
  /** Nothing arrives, and nobody is told, until resume(). */
  readonly stall: () => void;
  readonly resume: () => void;
  /** Nothing arrives any more on the connections there are, and nobody is told. New ones work. */
  readonly freeze: () => void;
  /** Resets all connections. New ones work. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
};

/** Listens on a free port of 127.0.0.1. */
export const startTcpProxy = async (targetPort: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  let target = targetPort;
  let delayMs = 0;
  let stalled: Promise<void> | undefined;
  let resume = () => {};
  let freezes = 0;

  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket.setNoDelay());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const forward = async (from: Socket, to: Socket) => {
    const bornAt = freezes;
    for await (const piece of from) {
      if (bornAt < freezes) await new Promise(() => undefined);
      if (delayMs > 0) await sleep(delayMs);
      await stalled;
      if (!to.write(piece as Buffer)) await once(to, 'drain');
    }
    to.end();
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    keep(client, upstream);
    keep(upstream, client);
    // A connection that breaks ends both, by the event `close`.
    forward(client, upstream).catch(() => client.destroy());
    forward(upstream, client).catch(() => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
  const stall = () => {
    resume();
    stalled = new Promise((resolve) => {
      resume = resolve;
    });
  };
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: (port) => {
      target = port;
    },
    setDelay: (ms) => {
      delayMs = ms;
    },
    stall,
    resume: () => resume(),
    freeze: () => freezes++,
    cut,
    stop: async () => {
      resume();
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
};
