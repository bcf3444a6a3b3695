import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { listenOnLoopback, serveLoopback } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000_000, timeoutMs: 60_000, idleTimeoutMs: 60_000 };

describe('fetchBytes', () => {
  const outbound = createOutbound({ allow: ['127.0.0.1'], resolve: async () => ['127.0.0.1'] });
  let closers: (() => Promise<unknown>)[] = [];

  const serve = async (handle: RequestListener) => {
    const server = await serveLoopback(handle);
    closers.push(server.close);
    return server;
  };

  const listen = (server: Server) => {
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    return listenOnLoopback(server);
  };

  afterEach(async () => {
    await Promise.all(closers.map((close) => close()));
    closers = [];
  });

  it('returns the bytes exactly', async () => {
    const bytes = randomBytes(300_000);
    const server = await serve((_request, response) => response.end(bytes));

    expect(Buffer.compare(await outbound.fetchBytes(server.url('/a.png'), limits), bytes)).toBe(0);
  });

  it('returns a body of unknown length exactly', async () => {
    const bytes = randomBytes(300_000);
    const server = await serve((_request, response) => {
      response.write(bytes.subarray(0, 1));
      response.end(bytes.subarray(1));
    });

    expect(Buffer.compare(await outbound.fetchBytes(server.url(), limits), bytes)).toBe(0);
  });

  it('returns an empty body', async () => {
    const server = await serve((_request, response) => response.end());

    expect(await outbound.fetchBytes(server.url(), limits)).toHaveLength(0);
  });

  it('sends its name, asks for uncompressed bytes, and sends no other headers', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('set-cookie', 'a=b');
      response.end();
    });
    await outbound.fetchBytes(server.url('/a?token=1#part'), limits);
    await outbound.fetchBytes(server.url('/a?token=1#part'), limits);

    expect(server.requests.map(({ method, url }) => [method, url])).toEqual([
      ['GET', '/a?token=1'],
      ['GET', '/a?token=1'],
    ]);
    expect(server.requests.at(-1)?.headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'keep-alive',
      'user-agent': 'clearcut',
      accept: '*/*',
      'accept-encoding': 'identity',
    });
  });

  it('sends the host name, not the address', async () => {
    const server = await serve((_request, response) => response.end());
    await outbound.fetchBytes(`http://Images.Example.:${server.port}/`, limits);

    expect(server.requests[0]?.headers.host).toBe(`images.example:${server.port}`);
  });

  it('asks a TLS server for the host name, not the address', async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, callback) => {
        names.push(name);
        callback(new Error('no certificate'));
      },
    });
    const port = await listen(server);

    await expect(outbound.fetchBytes(`https://images.example.:${port}/`, limits)).rejects.toMatchObject({
      kind: 'unreachable',
    });

    expect(names).toEqual(['images.example']);
  });

  it.each([[304], [404], [500], [503]])(
    'reports status %i without the reason, headers and body of the answer',
    async (status) => {
      const server = await serve((_request, response) => {
        response.writeHead(status, 'upstream-reason', { 'x-note': 'upstream-header' });
        response.end(status === 304 ? undefined : 'upstream-body');
      });
      const fetched = outbound.fetchBytes(server.url('/a.png?token=secret'), limits);

      await expect(fetched).rejects.toMatchObject({
        kind: 'badStatus',
        message: `http://127.0.0.1:${server.port}/a.png answers with status ${status}.`,
        facts: { status },
      });
    },
  );

  it('reads Retry-After', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(429, { 'retry-after': '7' }).end();
    });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({
      facts: { status: 429, retryAfterMs: 7_000 },
    });
  });

  it('refuses a compressed body', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end('packed');
    });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({ kind: 'badAnswer' });
  });

  it('reports a refused connection and keeps the cause', async () => {
    const server = await serve((_request, response) => response.end());
    await server.close();

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({
      kind: 'unreachable',
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    });
  });

  it('reports a connection that breaks before the headers', async () => {
    const server = await serve((request) => request.socket.destroy());

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('reports a body that ends early', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('content-length', '10');
      response.write('half!', () => response.destroy());
    });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('reports an answer that is not HTTP, without repeating it', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.resume().end('SSH-2.0-secret\r\n');
    });
    const port = await listen(server);

    await expect(outbound.fetchBytes(`http://127.0.0.1:${port}/`, limits)).rejects.toMatchObject({
      kind: 'unreachable',
      message: `http://127.0.0.1:${port}/ does not answer in HTTP.`,
    });
  });
});
