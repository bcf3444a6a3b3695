import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';

type UploadAnswer = { readonly status: number; readonly head: string; readonly body: unknown };

/** A request whose body is written by hand. */
export type Upload = {
  /**
   * Resolves with true when the other end's kernel accepted the bytes, and with false when the connection is
   * closed.
   */
  readonly write: (bytes: Buffer | string) => Promise<boolean>;
  readonly answer: Promise<UploadAnswer>;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  readonly localPort: number;
  readonly destroy: () => void;
};

const parse = (text: string): UploadAnswer => {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: JSON.parse(body) };
};

const lengthOf = (text: string) =>
  text.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Infinity);

/** Sends the head of a request. The caller writes the body. */
export const startUpload = async (
  url: string,
  headers: Record<string, string | number>,
  { method = 'POST', path = '/v1' } = {},
): Promise<Upload> => {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));

  let text = '';
  const answer = new Promise<UploadAnswer>((resolve, reject) => {
    socket.on('data', (piece) => {
      text += piece.toString();
      if (text.length >= lengthOf(text)) resolve(parse(text));
    });
    socket.once('close', () => reject(new Error(`the connection ended with: ${text}`)));
  });
  answer.catch(() => undefined);

  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n`);
  const write = (bytes: Buffer | string) =>
    Promise.race([
      new Promise<boolean>((resolve) => socket.write(bytes, (error) => resolve(!error))),
      closed.then(() => false),
    ]);
  return { write, answer, closed, localPort: socket.localPort ?? 0, destroy: () => socket.destroy() };
};

/** Writes copies of a piece until that many bytes are sent or the connection is closed. */
export const writeUpTo = async (upload: Upload, bytes: number, piece: Buffer): Promise<void> => {
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!(await upload.write(piece.subarray(0, left)))) return;
  }
};

/** The server's sockets of connections from this process. They know how much was read. */
export const watchServerSockets = () => {
  const sockets = new Map<number, { socket: Socket; server: Server }>();
  const note = (message: unknown) => {
    const { socket, server } = message as { socket: Socket; server: Server };
    sockets.set(socket.remotePort ?? 0, { socket, server });
  };
  subscribe('http.server.request.start', note);
  return {
    bytesRead: ({ localPort }: Upload): number => sockets.get(localPort)?.socket.bytesRead ?? 0,
    serverOf: ({ localPort }: Upload) => sockets.get(localPort)?.server,
    stop: () => unsubscribe('http.server.request.start', note),
  };
};
