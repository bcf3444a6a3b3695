import { afterEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAuthority, type Issued } from '../test/certificates.js';
import { listenOnLoopback, serveInTests } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const away = {
  kind: 'proxyAway',
  isPassing: false,
  message: 'http://shop.example/ waits, because the proxy of this service cannot be used.',
};
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

  it.each([[403], [502], [504]])('fails in a way that may pass when the proxy answers %i', async (status) => {
    const server = await serve((_request, response) => response.end());
    const { host } = await startProxy(server.port, status);
    const outbound = createOutbound({ allow: [], resolve, proxy: { url: `http://${host}`, except: [] } });
    const reason = `the proxy of this service answers with status ${status}`;
    await expect(outbound.fetchBytes('http://shop.example/', limits)).rejects.toMatchObject({
      kind: 'unreachable',
      isPassing: true,
      message: `http://shop.example/ cannot be reached: ${reason}.`,
    });
    expect(server.requests).toEqual([]);
  });

  it('does not blame the address when the proxy refuses our credentials', async () => {
    const { host } = await startProxy(1, 407);
    const outbound = createOutbound({ allow: [], resolve, proxy: { url: `http://${host}`, except: [] } });
    await expect(outbound.fetchBytes('http://shop.example/', limits)).rejects.toMatchObject(away);
  });

  it.each([['http'], ['https']])('does not blame the address when an %s proxy is away', async (scheme) => {
    const proxy = createServer();
    const url = `${scheme}://ann:secret@127.0.0.1:${await listenOnLoopback(proxy)}`;
    await new Promise((resolve) => proxy.close(resolve));
    const outbound = createOutbound({ allow: [], resolve, proxy: { url, except: [] } });
    await expect(outbound.fetchBytes('http://shop.example/', limits)).rejects.toMatchObject(away);
    const hook = { method: 'POST', url: 'https://shop.example/', contentType: 'text/plain' } as const;
    await expect(outbound.send({ ...hook, body: '', timeoutMs: 30_000 })).rejects.toMatchObject({
      kind: 'proxyAway',
      message: expect.not.stringContaining('secret'),
    });
  });

  it('does not wait longer for a tunnel than for any other pause', async () => {
    const proxy = createServer();
    proxy.on('connect', () => undefined);
    proxies.push(proxy);
    const url = `http://127.0.0.1:${await listenOnLoopback(proxy)}`;
    const outbound = createOutbound({ allow: [], resolve, proxy: { url, except: [] } });
    const fetched = outbound.fetchBytes('http://shop.example/', { ...limits, idleTimeoutMs: 60 });
    await expect(fetched).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'http://shop.example/ does not begin to answer within 60 ms.',
    });
    proxy.closeAllConnections();
  });

  describe('to a TLS server whose authority is private', () => {
    const authority = createAuthority();
    const servers: Server[] = [];
    afterEach(() => servers.splice(0).forEach((server) => server.close()));

    const startTls = async (issued: Issued) => {
      const server = createTlsServer(issued, ({ headers, url }, response) =>
        response.setHeader('connection', 'close').end(`${headers.host}${url}`),
      );
      servers.push(server);
      return listenOnLoopback(server);
    };

    /** Node reads its authorities at its start, so another process fetches. */
    const fetchIn = async (proxyHost: string, url: string, env: Record<string, string> = {}) => {
      const program = `
        import { createOutbound } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
        const proxy = { url: 'http://${proxyHost}', except: [] };
        const outbound = createOutbound({ allow: [], resolve: async () => ['93.184.215.14'], proxy });
        const limits = { maxBytes: 1000, timeoutMs: 30000, idleTimeoutMs: 30000 };
        const told = outbound.fetchBytes('${url}', limits).then(String, ({ kind, message }) => kind + ' ' + message);
        console.log(await told);`;
      const args = ['--input-type=module', '--eval', program];
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        env: { ...process.env, NODE_OPTIONS: '', ...env },
      });
      return stdout.trim();
    };

    it('trusts that authority with NODE_EXTRA_CA_CERTS, and checks the name', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'clearcut-authority-'));
      const file = join(folder, 'ca.pem');
      await writeFile(file, authority.cert);
      const { asked, host } = await startProxy(await startTls(authority.issueFor('shop.example')));
      const trusting = { NODE_EXTRA_CA_CERTS: file };

      expect(await fetchIn(host, 'https://shop.example/a', trusting)).toBe('shop.example/a');
      expect(asked.map(({ to }) => to)).toEqual(['93.184.215.14:443']);
      const wrong = 'untrusted https://other.example/ shows a certificate for another name.';
      expect(await fetchIn(host, 'https://other.example/', trusting)).toBe(wrong);
      const untrusted = /^untrusted .* shows a certificate whose authority is not trusted here\.$/;
      expect(await fetchIn(host, 'https://shop.example/a')).toMatch(untrusted);
      await rm(folder, { recursive: true });
    });

    it.each<[string, [number, number], string]>([
      ['that has expired', [-2, -1], 'shows a certificate that has expired'],
      ['of the future', [1, 2], 'shows a certificate that is not valid yet'],
    ])('refuses a certificate %s', async (_, valid, what) => {
      const folder = await mkdtemp(join(tmpdir(), 'clearcut-authority-'));
      const file = join(folder, 'ca.pem');
      await writeFile(file, authority.cert);
      const { host } = await startProxy(await startTls(authority.issueFor('shop.example', valid)));
      const told = await fetchIn(host, 'https://shop.example/a', { NODE_EXTRA_CA_CERTS: file });
      expect(told).toBe(`untrusted https://shop.example/a ${what}.`);
      await rm(folder, { recursive: true });
    });
  });
});
