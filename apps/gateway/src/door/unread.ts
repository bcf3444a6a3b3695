import type { IncomingMessage } from 'node:http';

/** Time for a client that is still sending to read its answer. */
const LINGER_MS = 2_000;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Whether part of the body was not read. */
export const isUnread = (request: IncomingMessage): boolean => hasBody(request) && !request.complete;

/**
 * Leaves the rest of a body unread and closes the connection shortly after the answer. Node would read it all.
 * An immediate close would reset the connection before a client that is still sending reads the answer.
 */
export const leaveUnread = (request: IncomingMessage): void => {
  const { socket } = request;
  // Node drains a request whose reading has not begun. This begins it, and drops what is buffered: `read(0)` would
  // begin nothing while the buffer is full.
  request.read();
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS);
  };
};
