import type { IncomingMessage } from 'node:http';

/** How long a client that still sends may take to read its answer. */
const LINGER_MS = 2_000;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Whether there is more of a request's body than was read. */
export const isUnread = (request: IncomingMessage): boolean => hasBody(request) && !request.complete;

/**
 * Leaves the rest of a body unread when its request is answered. Node would read all of it, or close at once,
 * which makes many clients lose the answer while they still send.
 */
export const leaveUnread = (request: IncomingMessage): void => {
  const { socket } = request;
  // Whoever began to read is trusted to read on; Node drains only requests that nobody has begun to read.
  request.read(0);
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS);
  };
};
