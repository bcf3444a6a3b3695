import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthority, selfSigned, type Issued } from '../test/certificates.js';
import { listenOnLoopback, serveLoopback } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000, timeoutMs: 60_000, idleTimeoutMs: 60_000 };
const hook = { method: 'POST', contentType: 'text/plain', body: 'result', timeoutMs: 60_000 } as const;
const HOST = 'shop.example';

describe('the reason why an address gives no image', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  const lookupError = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code });
  const resolve = async (host: string) => {
    if (host === HOST) return ['127.0.0.1'];
    throw lookupError(host === 'gone.example' ? 'ENOTFOUND' : 'EAI_AGAIN');
  };
  const outbound = createOutbound({ allow: ['127.0.0.1'], resolve });

  const listen = (server: Server) => {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    });
    return listenOnLoopback(server);
  };
  /** A server that answers the first bytes of every connection by these, and then closes it or waits. */
  const answerBy = (text: string, then: 'end' | 'wait' = 'end') =>
    listen(
      createServer((socket) => {
        socket.once('data', () => (then === 'end' ? socket.end(text) : socket.write(text)));
      }),
    );
  const serveTls = (issued: Issued) =>
    listen(createHttpsServer(issued, (_request, response) => response.end('bytes')));

  /** A fetch and a webhook fail for the same reason. */
  const expectReason = async (url: string, kind: string, what: string, more: Partial<typeof limits> = {}) => {
    const error = { kind, message: `${url} ${what}.` };
    await expect(outbound.fetchBytes(url, { ...limits, ...more })).rejects.toMatchObject(error);
  };
  const expectBoth = async (url: string, kind: string, what: string) => {
    await expectReason(url, kind, what);
    // The path of a webhook is a secret.
    const error = { kind, message: `${new URL(url).origin} ${what}.` };
    await expect(outbound.send({ ...hook, url })).rejects.toMatchObject(error);
  };

  it.each([
    ['gone.example', 'does not resolve: there is no such host name'],
    ['broken.example', 'does not resolve'],
  ])('is the name %s that is not found', (host, what) => expectBoth(`http://${host}/`, 'unreachable', what));

  it('is a refused connection', async () => {
    const { close, url } = await serveLoopback(() => undefined);
    await close();
    await expectBoth(url(), 'unreachable', 'refuses the connection');
  });

  const authority = createAuthority();
  it.each<[string, Issued, string]>([
    ['self-signed', selfSigned(HOST), 'shows a certificate that is self-signed'],
    [
      'of a private authority',
      authority.issueFor(HOST),
      'shows a certificate whose authority is not trusted here',
    ],
  ])('is a certificate that is %s', async (_, issued, what) => {
    await expectBoth(`https://${HOST}:${await serveTls(issued)}/`, 'untrusted', what);
  });

  it('is a server that does not speak TLS', async () => {
    const port = await answerBy('HTTP/1.1 400 Bad Request\r\n\r\n');
    await expectBoth(`https://${HOST}:${port}/`, 'unreachable', 'does not complete the TLS handshake');
  });

  it('is a connection that is closed without an answer', async () => {
    const port = await answerBy('');
    await expectBoth(`http://${HOST}:${port}/`, 'unreachable', 'closes the connection without an answer');
  });

  it('is an answer that is not HTTP', async () => {
    const port = await answerBy('SSH-2.0-secret\r\n');
    await expectBoth(`http://${HOST}:${port}/`, 'unreachable', 'does not answer in HTTP');
  });

  it('is an answer that does not begin', async () => {
    const url = `http://${HOST}:${await answerBy('', 'wait')}/`;
    await expectReason(url, 'unreachable', 'does not begin to answer within 60 ms', { idleTimeoutMs: 60 });
    await expectReason(url, 'unreachable', 'does not answer within 90 ms', { timeoutMs: 90 });
  });

  it('is a handshake that does not go on', async () => {
    const url = `https://${HOST}:${await listen(createServer())}/`;
    const what = 'does not accept the connection within 60 ms';
    await expectReason(url, 'unreachable', what, { idleTimeoutMs: 60 });
  });

  const head = 'HTTP/1.1 200 OK\r\n';
  const short = `${head}content-length: 100\r\n\r\nhalf`;
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`;

  it.each([
    ['its Content-Length', short, 'ends its answer early, before all of its 100 bytes came'],
    ['its last chunk', chunked, 'ends its answer early'],
    ['the end of a chunk', `${head}transfer-encoding: chunked\r\n\r\nff\r\nhalf`, 'ends its answer early'],
  ])('is a body that ends before %s', async (_, answer, what) => {
    await expectReason(`http://${HOST}:${await answerBy(answer)}/`, 'unreachable', what);
  });

  it.each([[short], [chunked]])('is a body that stalls: %j', async (answer) => {
    const url = `http://${HOST}:${await answerBy(answer, 'wait')}/`;
    const what = 'sends no more of its answer within 60 ms';
    await expectReason(url, 'unreachable', what, { idleTimeoutMs: 60 });
  });

  it('is a chunk that is malformed', async () => {
    const port = await answerBy(`${chunked}zz\r\n`, 'wait');
    await expectReason(`http://${HOST}:${port}/`, 'unreachable', 'sends an answer that is malformed');
  });

  it('is headers that are too large', async () => {
    const port = await answerBy(`${head}x: ${'a'.repeat(100_000)}\r\n\r\n`);
    await expectBoth(`http://${HOST}:${port}/`, 'unreachable', 'sends headers that are too large');
  });

  it('is that of another address after a redirect, which stays unnamed', async () => {
    const { close, url } = await serveLoopback(() => undefined);
    await close();
    const port = await answerBy(
      `HTTP/1.1 302 Found\r\nlocation: ${url('/hidden')}\r\ncontent-length: 0\r\n\r\n`,
    );
    const what = 'redirects to an address that refuses the connection';
    await expectReason(`http://${HOST}:${port}/`, 'unreachable', what);
  });
});
