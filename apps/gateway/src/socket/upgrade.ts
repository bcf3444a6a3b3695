import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const hopHeaders: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings']);

export const wantsWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Answers a request that offers another protocol by HTTP/1.1; Java's client offers HTTP/2. Node 20 passes every
 * offer to the upgrade listener, so the request is parsed again without the offer. Node 22 and later ask
 * `shouldUpgradeCallback` first and never get here.
 */
export const answerPlainly = (
  server: Server,
  { method, url, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void => {
  const lines = rawHeaders.flatMap((name, i) => {
    if (i % 2 === 1 || hopHeaders.has(name.toLowerCase())) return [];
    return `${name}: ${rawHeaders[i + 1] ?? ''}\r\n`;
  });
  const start = Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  socket.unshift(Buffer.concat([start, head]));
  server.emit('connection', socket);
};
