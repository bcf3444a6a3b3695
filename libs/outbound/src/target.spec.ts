import { describe, expect, it } from '@jest/globals';
import { parseAllow } from './allow.js';
import { failureOf } from './outbound-error.js';
import { checkTarget, parseUrl, type Resolve } from './target.js';

const never = new AbortController().signal;

const noName: Resolve = async (host) => {
  throw new Error(`${host} was not to be resolved`);
};

const check = (text: string, { allow = [] as string[], resolve = noName } = {}) => {
  const url = parseUrl(text);
  return checkTarget(url, { allow: parseAllow(allow), resolve }, failureOf(url, 'path'), never);
};

const refused = { kind: 'refused' };

describe('parseUrl', () => {
  it.each([
    [''],
    ['image.png'],
    ['//host/a.png'],
    ['http://'],
    ['http://a b/'],
    ['http://1.2.3.256/'],
    ['http://[::1/'],
  ])('refuses %j as malformed', (text) => {
    expect(() => parseUrl(text)).toThrow(expect.objectContaining(refused));
  });

  it('keeps the text of a malformed URL out of the error', () => {
    let caught: unknown;
    try {
      parseUrl('http://[/?token=secret');
    } catch (error) {
      caught = error;
    }

    expect(caught).toMatchObject(refused);
    expect(caught).not.toHaveProperty('cause');
    expect(String(caught)).not.toContain('secret');
  });
});

describe('checkTarget', () => {
  it.each([
    ['file:///etc/passwd'],
    ['ftp://8.8.8.8/a'],
    ['data:image/png,a'],
    ['gopher://8.8.8.8/'],
    ['ws://8.8.8.8/'],
  ])('refuses the scheme of %s', async (text) => {
    await expect(check(text)).rejects.toMatchObject(refused);
  });

  it.each([['http://./'], ['http://../'], ['http://host.example../']])(
    'refuses the host name of %s',
    async (text) => {
      await expect(check(text)).rejects.toMatchObject(refused);
    },
  );

  it.each([
    ['http://10.0.0.1/'],
    ['http://169.254.169.254/latest/meta-data/'],
    ['http://0251.0376.0251.0376/'],
    ['http://0xa9fea9fe/'],
    ['http://2852039166/'],
    ['http://100.100.100.200/'],
    ['http://[::ffff:10.0.0.1]/'],
    ['http://[::ffff:a9fe:a9fe]/'],
    ['http://[64:ff9b::169.254.169.254]/'],
    ['http://[64:ff9b:1::10.0.0.1]/'],
    ['http://[2002:a00:1::]/'],
    ['http://[2001:0:a00:1::]/'],
    ['http://[fd00:ec2::254]/'],
    ['http://[fe80::1]/'],
    ['http://[ff02::1]/'],
  ])('refuses %s without resolving anything', async (text) => {
    await expect(check(text)).rejects.toMatchObject(refused);
  });

  it('accepts a public address unchanged', async () => {
    expect(await check('http://8.8.8.8/')).toMatchObject({ addresses: ['8.8.8.8'] });
    expect(await check('http://[2606:4700:4700::1111]/')).toMatchObject({
      addresses: ['2606:4700:4700::1111'],
    });
  });

  it('accepts a name whose addresses are all public', async () => {
    const resolve: Resolve = async () => ['8.8.8.8', '2606:4700:4700::1111'];

    expect(await check('https://host.example/', { resolve })).toMatchObject({
      addresses: ['8.8.8.8', '2606:4700:4700::1111'],
    });
  });

  it.each([
    [['10.0.0.1']],
    [['8.8.8.8', '10.0.0.1']],
    [['::ffff:127.0.0.1', '8.8.8.8']],
    [['8.8.8.8', 'nonsense']],
  ])('refuses a name that resolves to %j', async (addresses) => {
    await expect(check('https://host.example/', { resolve: async () => addresses })).rejects.toMatchObject(
      refused,
    );
  });

  it('reports a name that does not resolve and keeps the cause', async () => {
    const cause = new Error('getaddrinfo ENOTFOUND');
    const resolve: Resolve = () => Promise.reject(cause);

    await expect(check('https://host.example/', { resolve })).rejects.toMatchObject({
      kind: 'unreachable',
      cause,
    });
    await expect(check('https://host.example/', { resolve: async () => [] })).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });

  it('accepts an allowed name with any address', async () => {
    const options = { allow: ['images.internal'], resolve: async () => ['10.0.0.1'] };

    expect(await check('http://IMAGES.internal./', options)).toMatchObject({ addresses: ['10.0.0.1'] });
    await expect(check('http://evil.images.internal/', options)).rejects.toMatchObject(refused);
  });

  it('accepts private addresses inside an allowed network only', async () => {
    const allow = ['10.1.0.0/16'];

    expect(await check('http://10.1.2.3/', { allow })).toMatchObject({ addresses: ['10.1.2.3'] });
    expect(
      await check('http://a.example/', { allow, resolve: async () => ['8.8.8.8', '10.1.0.9'] }),
    ).toBeDefined();
    await expect(
      check('http://a.example/', { allow, resolve: async () => ['10.1.0.9', '10.2.0.9'] }),
    ).rejects.toMatchObject(refused);
  });

  it('drops the dot that ends an absolute name', async () => {
    const { url } = await check('https://host.example.:8443/a?b', { resolve: async () => ['8.8.8.8'] });

    expect(url.href).toBe('https://host.example:8443/a?b');
  });

  it('stops waiting for a name when the signal aborts', async () => {
    const url = parseUrl('https://host.example/');
    const stop = new AbortController();
    const rules = { allow: parseAllow([]), resolve: () => new Promise<never>(() => undefined) };
    const checked = checkTarget(url, rules, failureOf(url, 'path'), stop.signal);
    const reason = new Error('enough');
    stop.abort(reason);

    await expect(checked).rejects.toBe(reason);
  });
});
