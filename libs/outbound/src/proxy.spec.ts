import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { listenOnLoopback, serveInTests } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000, timeoutMs: 30_000, idleTimeoutMs: 30_000 };

describe('a request through a proxy', () => {
  const serve = serveInTests();
  const proxies: Server[] = [];
  afterEach(() => proxies.splice(0).forEach((proxy) => proxy.close()));

  /** A proxy that leads every tunnel to one port of this machine. */
  const startProxy = async (targetPort: number, status = 200) => {
    const asked: { to: string | undefined; authorization: string | undefined }[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url, headers }, socket) => {
      asked.push({ to: url, authorization: headers['proxy-authorization'] });
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        return;
      }
      const upstream = connect(targetPort, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    proxies.push(proxy);
    return { asked, host: `127.0.0.1:${await listenOnLoopback(proxy)}` };
  };

  const resolve = async (host: string) => (host === 'shop.example' ? ['93.184.215.14'] : ['10.0.0.7']);

  it('tells the proxy the checked address, and the server the name', async () => {
    const server = await serve((_request, response) => response.end('bytes'));
    const { asked, host } = await startProxy(server.port);
    const proxy = { url: `http://ann:secret@${host}`, except: [] };
    const outbound = createOutbound({ allow: [], resolve, proxy });

    expect(String(await outbound.fetchBytes('http://shop.example:8080/a.png', limits))).toBe('bytes');
    const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    expect(asked).toEqual([{ to: '93.184.215.14:8080', authorization }]);
    expect(server.requests.map(({ headers, url }) => [headers.host, url])).toEqual([
      ['shop.example:8080', '/a.png'],
    ]);
  });

  it('sends uploads and webhooks through the proxy', async () => {
    const server = await serve((request, response) => request.resume().on('end', () => response.end()));
    const { asked, host } = await startProxy(server.port);
    const outbound = createOutbound({ allow: [], resolve, proxy: { url: `http://${host}`, except: [] } });
    const hook = { method: 'POST', url: 'http://shop.example/hook', contentType: 'text/plain' } as const;

    const sent = await outbound.send({ ...hook, body: 'result', timeoutMs: 30_000 });
    expect(sent).toEqual({ status: 200 });
    expect(asked.map(({ to }) => to)).toEqual(['93.184.215.14:80']);
    expect(server.requests[0]).toMatchObject({ method: 'POST', url: '/hook' });
  });

  it('refuses a private address without asking the proxy, also after a redirect', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://inside.example/' }).end(),
    );
    const { asked, host } = await startProxy(server.port);
    const outbound = createOutbound({ allow: [], resolve, proxy: { url: `http://${host}`, except: [] } });

    const refused = { kind: 'refused' };
    await expect(outbound.fetchBytes('http://inside.example/', limits)).rejects.toMatchObject(refused);
    expect(asked).toEqual([]);
    await expect(outbound.fetchBytes('http://shop.example/', limits)).rejects.toMatchObject(refused);
    expect(asked).toHaveLength(1);
  });

  it.each([['127.0.0.0/8'], ['images.internal']])('goes past the proxy to %s', async (exception) => {
    const server = await serve((_request, response) => response.end('direct'));
    const { asked, host } = await startProxy(server.port);
    const outbound = createOutbound({
      allow: ['images.internal'],
      resolve: async () => ['127.0.0.1'],
      proxy: { url: `http://${host}`, except: [exception] },
    });
    const url = `http://images.internal:${server.port}/`;
    expect(String(await outbound.fetchBytes(url, limits))).toBe('direct');
    expect(asked).toEqual([]);
  });

  it('fails in a way that may pass when the proxy refuses the tunnel', async () => {
    const server = await serve((_request, response) => response.end());
    const { host } = await startProxy(server.port, 407);
    const outbound = createOutbound({ allow: [], resolve, proxy: { url: `http://${host}`, except: [] } });
    await expect(outbound.fetchBytes('http://shop.example/', limits)).rejects.toMatchObject({
      kind: 'unreachable',
      isPassing: true,
    });
    expect(server.requests).toEqual([]);
  });
});
