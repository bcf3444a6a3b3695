import { describe, expect, it } from '@jest/globals';
import { hostileUrls } from '#test/hostile-addresses';
import { serveInTests } from '../test/loopback.js';
import { isPublicAddress } from './address.js';
import { isNat64Prefix, parseNat64 } from './nat64.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000, timeoutMs: 60_000, idleTimeoutMs: 60_000 };
const hook = { method: 'POST', body: '', contentType: 'text/plain', timeoutMs: 60_000 } as const;
const [open, secret] = ['8.8.8.8', '127.0.0.1'];

describe('an address that is not public', () => {
  const serve = serveInTests();

  // Their port is 9 (discard), should the guard ever break.
  it.each(hostileUrls(9))('is refused by its spelling: %s', (_, url) => {
    const { checkUrl } = createOutbound({ allow: [] });
    expect(() => checkUrl(url, 'inputImage')).toThrow(
      expect.objectContaining({ kind: 'refused', message: expect.not.stringContaining('undefined') }),
    );
  });

  it('is refused in every spelling when a redirect leads there, and gets no connection', async () => {
    const canary = await serve((_, response) => response.end('private'));
    const places = hostileUrls(canary.port).map(([, url]) => url);
    const relative = [
      `//127.0.0.1:${canary.port}/`,
      `\\\\127.0.0.1:${canary.port}/`,
      `/\\127.0.0.1:${canary.port}/`,
    ];
    const all = [...places, ...relative].map((url) => url.trim().replaceAll(/[\t\n]/g, ''));
    const door = await serve((request, response) => {
      const nth = Number(new URL(request.url ?? '', 'http://door').searchParams.get('nth'));
      response.writeHead(302, { location: Buffer.from(all[nth] ?? '').toString('latin1') }).end();
    });
    // The name of the door is allowed; the addresses behind it are not.
    const resolve = async () => [secret];
    const { fetchBytes } = createOutbound({ allow: ['door.example'], resolve });
    for (const nth of all.keys()) {
      const fetched = fetchBytes(`http://door.example:${door.port}/?nth=${nth}`, limits);
      await expect(fetched).rejects.toMatchObject({ kind: 'refused' });
    }
    expect(door.requests).toHaveLength(all.length);
    expect(canary.connections()).toBe(0);
  });

  it.each<[string, string[][]]>([
    ['from the first look', [[secret]]],
    ['beside a public one', [[open, secret]]],
    ['before a public one', [[secret, open]]],
    ['in IPv6', [['::1']]],
    ['in IPv6 beside IPv4', [[open, '::ffff:127.0.0.1']]],
    ['by a zone', [['fe80::1%lo']]],
    ['by a number', [['2130706433']]],
    ['by nothing', [['']]],
  ])('is refused when a name resolves to it %s', async (_, answers) => {
    const canary = await serve((_request, response) => response.end('private'));
    const { fetchBytes, send } = createOutbound({ allow: [], resolve: async () => answers[0] ?? [] });
    const url = `http://rebind.example:${canary.port}/`;
    await expect(fetchBytes(url, limits)).rejects.toMatchObject({ kind: 'refused' });
    await expect(send({ ...hook, url })).rejects.toMatchObject({ kind: 'refused' });
    expect(canary.connections()).toBe(0);
  });

  it('is not reached by a name that changes between the check and the connection', async () => {
    const canary = await serve((_request, response) => response.end('private'));
    const asked: string[] = [];
    // 192.0.2.0/24 is unused, and allowed here; every look after the first would lead to the canary.
    const resolve = async (host: string) => [asked.push(host) === 1 ? '192.0.2.1' : secret];
    const { fetchBytes } = createOutbound({ allow: ['192.0.2.1'], resolve });
    const url = `http://rebind.example:${canary.port}/`;
    await expect(fetchBytes(url, { ...limits, timeoutMs: 300 })).rejects.toMatchObject({
      kind: 'unreachable',
    });
    expect([asked, canary.connections()]).toEqual([['rebind.example'], 0]);
    await expect(fetchBytes(url, limits)).rejects.toMatchObject({ kind: 'refused' });
  });
});

describe('the length of a URL', () => {
  const serve = serveInTests();
  const urlOf = (length: number) => `http://8.8.8.8/${'a'.repeat(length - 15)}`;

  it('may be 4,096 characters, of escapes too', () => {
    const { checkUrl } = createOutbound({ allow: [] });
    checkUrl(urlOf(4096));
    const tooLong = expect.objectContaining({
      kind: 'refused',
      message: expect.stringContaining('4096 characters'),
    });
    expect(() => checkUrl(urlOf(4097))).toThrow(tooLong);
    expect(() => checkUrl(`http://8.8.8.8/${'ü'.repeat(1000)}`)).toThrow(tooLong);
  });

  it('is limited in redirects too', async () => {
    const door = await serve((_, response) =>
      response.writeHead(302, { location: `/${'ü'.repeat(2000)}` }).end(),
    );
    const { fetchBytes } = createOutbound({ allow: [secret] });
    await expect(fetchBytes(door.url(), limits)).rejects.toMatchObject({ kind: 'refused' });
    expect(door.requests).toHaveLength(1);
  });
});

describe('a NAT64 prefix of the operator', () => {
  it.each<[string, string, string]>([
    ['2a00:64::/32', '2a00:64:808:808::', '2a00:64:a00:1::'],
    ['2a00:64:100::/40', '2a00:64:108:808:8::', '2a00:64:10a:0:1::'],
    ['2a00:64:1::/48', '2a00:64:1:808:8:800::', '2a00:64:1:a00:0:100::'],
    ['2a00:64:1:100::/56', '2a00:64:1:108:8:808::', '2a00:64:1:10a:0:1::'],
    ['2a00:64:1:2::/64', '2a00:64:1:2:8:808:800::', '2a00:64:1:2:a:0:100::'],
    ['2a00:64:1:2:3:4::/96', '2a00:64:1:2:3:4:8.8.8.8', '2a00:64:1:2:3:4:10.0.0.1'],
    ['64:ff9b::/96', '64:ff9b::8.8.8.8', '64:ff9b::169.254.169.254'],
  ])('%s makes an address count as the IPv4 address in it', (prefix, publicOne, privateOne) => {
    const nat64 = parseNat64([prefix]);
    expect(isPublicAddress(publicOne, nat64)).toBe(true);
    expect(isPublicAddress(privateOne, nat64)).toBe(false);
    expect(isPublicAddress('2606:4700:4700::1111', nat64)).toBe(true);
  });

  it('is refused by the outbound guard where its name resolves into it', async () => {
    const nat64 = ['2a00:64:1:2:3:4::/96'];
    const resolve = async () => ['2a00:64:1:2:3:4:7f00:1'];
    const { fetchBytes, checkUrl } = createOutbound({ allow: [], nat64, resolve });
    await expect(fetchBytes('http://translated.example/', limits)).rejects.toMatchObject({ kind: 'refused' });
    expect(() => checkUrl('http://[2a00:64:1:2:3:4:7f00:1]/')).toThrow(/not public/);
  });

  it.each(['10.0.0.0/8', '64:ff9b::/97', '64:ff9b::', 'host', '64:ff9b::/96/1'])('is not %s', (text) => {
    expect(isNat64Prefix(text)).toBe(false);
  });
});
