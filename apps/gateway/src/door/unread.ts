import type { IncomingMessage } from 'node:http';

/** How long a client that still sends may take to read its answer. */
const LINGER_MS = 2_000;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Whether there is more of a request's body than was read. */
export const isUnread = (request: IncomingMessage): boolean => hasBody(request) && !request.complete;

/**
 * Leaves the rest of a body unread and closes the connection a little after the answer. Node would read all of it.
 * Closing at once would give a client that still sends a reset in place of its answer.
 */
export const leaveUnread = (request: IncomingMessage): void => {
  const { socket } = request;
  // Node drains a request that nobody has begun to read. This begins.
  request.read(0);
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS);
  };
};
