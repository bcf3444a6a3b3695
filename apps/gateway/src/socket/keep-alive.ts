import type { WebSocket } from 'ws';

export type KeepAliveOptions = {
  /** How often the other end is asked for a pong; one that gave none since is gone. */
  readonly pingEveryMs?: number;
  /** How long a client may send no frame before its connection is closed. */
  readonly idleMs?: number;
};

/** Ends connections whose client went away without a word, and those that nobody uses. */
export const keepAlive = (
  socket: WebSocket,
  isBusy: () => boolean,
  { pingEveryMs = 30_000, idleMs = 120_000 }: KeepAliveOptions,
): void => {
  let isAnswering = true;
  const pinging = setInterval(() => {
    if (!isAnswering) return socket.terminate();
    isAnswering = false;
    socket.ping();
  }, pingEveryMs);

  const idle = setTimeout(() => {
    if (isBusy()) idle.refresh();
    else socket.close(1000, 'idle');
  }, idleMs);

  socket.on('pong', () => (isAnswering = true));
  for (const frame of ['message', 'ping']) {
    socket.on(frame, () => {
      isAnswering = true;
      idle.refresh();
    });
  }
  socket.once('close', () => {
    clearInterval(pinging);
    clearTimeout(idle);
  });
};
