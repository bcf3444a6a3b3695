import { afterAll } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly url: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  status: number;
  /** Bytes of the body that were sent. */
  sent: number;
};

export type FileServer = {
  readonly base: string;
  readonly asked: Received[];
  /** The served file. */
  content: Buffer;
  etag: string | undefined;
  lastModified: string | undefined;
  knowsRanges: boolean;
  /** Whether a part of a changed file is sent although the validator differs. */
  ignoresIfRange: boolean;
  /** Whether answers have a length. */
  tellsLength: boolean;
  /** Statuses of the next answers, instead of the file. */
  statuses: number[];
  /** Bytes after which the next connections break. */
  cuts: number[];
  /** Bytes after which the answer hangs. */
  stallAfter: number | undefined;
  /** The second half of every answer waits for it. */
  gate: Promise<unknown> | undefined;
  /** Path → target of a redirect. */
  readonly moved: Map<string, string>;
  /** The only existing paths, unless empty. */
  readonly paths: Set<string>;
};

const closers: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(closers.map((close) => close())));

/** Whether a range may be sent of the current file. */
const startOf = (server: FileServer, request: IncomingMessage): number => {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (start === undefined || !server.knowsRanges) return 0;
  const condition = request.headersDistinct['if-range']?.[0];
  const isSame =
    server.ignoresIfRange ||
    condition === undefined ||
    [server.etag, server.lastModified].includes(condition);
  return isSame ? Number(start) : 0;
};

const headersOf = (server: FileServer, start: number): Record<string, string> => {
  const { content, etag, lastModified, tellsLength } = server;
  return {
    ...(tellsLength && { 'content-length': `${content.length - start}` }),
    ...(etag && { etag }),
    ...(lastModified && { 'last-modified': lastModified }),
    ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  };
};

const send = (server: FileServer, asked: Received, response: ServerResponse, start: number): void => {
  const cut = server.cuts.shift();
  const body = server.content.subarray(start);
  asked.status = start > 0 ? 206 : 200;
  response.writeHead(asked.status, headersOf(server, start));
  if (server.stallAfter !== undefined) {
    response.write(body.subarray(0, server.stallAfter));
    return;
  }
  if (server.gate) {
    const half = body.length >> 1;
    response.write(body.subarray(0, half));
    void server.gate.then(() => response.end(body.subarray(half)));
    return;
  }
  if (cut === undefined || cut >= body.length) {
    asked.sent = body.length;
    response.end(body);
    return;
  }
  asked.sent = cut;
  response.write(body.subarray(0, cut), () => response.socket?.destroySoon());
};

const answer = (server: FileServer, request: IncomingMessage, response: ServerResponse): void => {
  const { url = '', headers } = request;
  const asked: Received = {
    url,
    range: headers.range,
    ifRange: request.headersDistinct['if-range']?.[0],
    status: 0,
    sent: 0,
  };
  server.asked.push(asked);
  const end = (status: number, location?: string) => {
    asked.status = status;
    response.writeHead(status, location === undefined ? {} : { location }).end('nothing to see');
  };

  const location = server.moved.get(url);
  if (location !== undefined) return end(302, location);
  if (server.paths.size > 0 && !server.paths.has(url)) return end(404);
  const status = server.statuses.shift();
  if (status !== undefined) return end(status);
  const start = startOf(server, request);
  return start >= server.content.length && start > 0 ? end(416) : send(server, asked, response, start);
};

/** An HTTP server of one file, with the habits and faults of real ones. */
export const startFileServer = async (content: Buffer): Promise<FileServer> => {
  const http = createServer((request, response) => answer(server, request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  closers.push(async () => {
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  });
  const server: FileServer = {
    base: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked: [],
    content,
    etag: '"one"',
    lastModified: undefined,
    knowsRanges: true,
    ignoresIfRange: false,
    tellsLength: true,
    statuses: [],
    cuts: [],
    stallAfter: undefined,
    gate: undefined,
    moved: new Map(),
    paths: new Set(),
  };
  return server;
};
