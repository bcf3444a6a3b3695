import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { listenOnLoopback } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000, timeoutMs: 30_000, idleTimeoutMs: 30_000 };

describe('a Location header', () => {
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  /** A server that answers the first request with these bytes as Location, and the next with a body. */
  const serveRaw = async (locationOf: (port: number) => Buffer) => {
    const requests: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', (bytes) => {
        requests.push(bytes.toString('latin1'));
        if (requests.length > 1) return socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbytes');
        const head = Buffer.from('HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: ');
        return socket.end(Buffer.concat([head, locationOf(port), Buffer.from('\r\n\r\n')]));
      });
    });
    closers.push(() => server.close());
    const port = await listenOnLoopback(server);
    return { port, requests };
  };

  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return ['127.0.0.1'];
  };
  const outbound = createOutbound({ allow: ['127.0.0.1'], resolve });

  it.each<[string, Buffer, string]>([
    ['raw UTF-8', Buffer.from('/grün/猫.png?q=ß'), '/gr%C3%BCn/%E7%8C%AB.png?q=%C3%9F'],
    [
      'percent-encoded UTF-8',
      Buffer.from('/gr%C3%BCn/%e7%8c%ab.png?q=%C3%9F'),
      '/gr%C3%BCn/%e7%8c%ab.png?q=%C3%9F',
    ],
    ['latin1 that is no UTF-8', Buffer.from('/gr\xfcn.png', 'latin1'), '/gr%FCn.png'],
    ['a raw and an encoded letter', Buffer.from('/ü%C3%BC'), '/%C3%BC%C3%BC'],
  ])('in %s is followed with the same bytes', async (_, location, path) => {
    const { port, requests } = await serveRaw(() => location);
    expect(String(await outbound.fetchBytes(`http://127.0.0.1:${port}/`, limits))).toBe('bytes');
    expect(requests[1]?.split('\r\n')[0]).toBe(`GET ${path} HTTP/1.1`);
  });

  it('may spell a host name in UTF-8', async () => {
    const { port } = await serveRaw((own) => Buffer.from(`http://bücher.example:${own}/`));
    await outbound.fetchBytes(`http://127.0.0.1:${port}/`, limits);
    expect(asked).toEqual(['xn--bcher-kva.example']);
  });

  it('is malformed when its host name is no UTF-8', async () => {
    const { port } = await serveRaw((own) => Buffer.from(`http://b\xfccher.example:${own}/`, 'latin1'));
    await expect(outbound.fetchBytes(`http://127.0.0.1:${port}/`, limits)).rejects.toMatchObject({
      message: `http://127.0.0.1:${port}/ redirects to a malformed address.`,
    });
  });
});
