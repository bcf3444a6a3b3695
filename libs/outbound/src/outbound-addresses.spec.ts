import type { RequestListener } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { serveInTests } from '../test/loopback.js';
import { createOutbound } from './outbound.js';
import type { Resolve } from './target.js';

const limits = { maxBytes: 1_000, timeoutMs: 60_000, idleTimeoutMs: 60_000 };

const refused = { kind: 'refused' };

const inTurn = (...answers: string[][]) => {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return { asked, resolve };
};

describe('fetchBytes and the address behind a URL', () => {
  const serveInTest = serveInTests();
  const serve = (handle: RequestListener = (_request, response) => response.end('private')) =>
    serveInTest(handle);

  // Only spellings that stay on this machine should the guard ever break; the others are tried on checkTarget.
  it.each([
    ['127.0.0.1'],
    ['127.0.0.1.'],
    ['127.1'],
    ['127.0.1'],
    ['2130706433'],
    ['0x7f000001'],
    ['0x7f.1'],
    ['0177.0.0.1'],
    ['017700000001'],
    ['１２７.０.０.１'],
    ['%31%32%37.0.0.1'],
    ['0'],
    ['0.0.0.0'],
    ['localhost'],
    ['LOCALHOST'],
    ['localhost.'],
    ['[::1]'],
    ['[::]'],
    ['[::ffff:127.0.0.1]'],
    ['[::ffff:7f00:1]'],
    ['[0:0:0:0:0:ffff:7f00:1]'],
    ['[::127.0.0.1]'],
    ['ann:pass@127.0.0.1'],
    ['8.8.8.8@127.0.0.1'],
  ])('refuses http://%s without connecting', async (host) => {
    const server = await serve();
    const outbound = createOutbound({ allow: [] });

    await expect(outbound.fetchBytes(`http://${host}:${server.port}/`, limits)).rejects.toMatchObject(
      refused,
    );
    expect(server.connections()).toBe(0);
  });

  it('refuses a name one of whose addresses is private, without connecting', async () => {
    const server = await serve();
    const { resolve } = inTurn(['127.0.0.1', '8.8.8.8']);
    const outbound = createOutbound({ allow: [], resolve });

    await expect(outbound.fetchBytes(`http://mixed.example:${server.port}/`, limits)).rejects.toMatchObject({
      ...refused,
      message: `http://mixed.example:${server.port}/ leads to an address that is not public.`,
    });
    expect(server.connections()).toBe(0);
  });

  it('connects to the checked address although the name now resolves to another', async () => {
    const server = await serve();
    const { asked, resolve } = inTurn(['127.0.0.1'], ['127.0.0.2']);
    const outbound = createOutbound({ allow: ['127.0.0.1'], resolve });

    const bytes = await outbound.fetchBytes(`http://rebinding.invalid:${server.port}/`, limits);

    expect(bytes.toString()).toBe('private');
    expect(asked).toEqual(['rebinding.invalid']);
  });

  it('checks the same name again after a redirect', async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    const { asked, resolve } = inTurn(['127.0.0.1'], ['127.0.0.2']);
    const outbound = createOutbound({ allow: ['127.0.0.1'], resolve });

    await expect(
      outbound.fetchBytes(`http://rebinding.invalid:${server.port}/`, limits),
    ).rejects.toMatchObject(refused);
    expect(asked).toHaveLength(2);
    expect(server.requests).toHaveLength(1);
  });

  it('tries the next checked address when the first does not answer', async () => {
    const server = await serve();
    const { resolve } = inTurn(['::1', '127.0.0.1']);
    const outbound = createOutbound({ allow: ['::1', '127.0.0.1'], resolve });

    expect((await outbound.fetchBytes(`http://both.example:${server.port}/`, limits)).toString()).toBe(
      'private',
    );
  });

  it.each([[['localhost']], [['127.0.0.0/8', '::1']]])(
    'reaches localhost when %j is allowed',
    async (allow) => {
      const server = await serve();
      const outbound = createOutbound({ allow });

      expect((await outbound.fetchBytes(`http://localhost:${server.port}/`, limits)).toString()).toBe(
        'private',
      );
    },
  );

  it('refuses a URL with the address of an allowed name', async () => {
    const server = await serve();
    const outbound = createOutbound({ allow: ['localhost'] });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject(refused);
    expect(server.connections()).toBe(0);
  });

  it.each([[301], [302], [303], [307], [308]])('follows a redirect of status %i', async (status) => {
    const server = await serve(({ url }, response) => {
      if (url === '/new') response.end('moved');
      else response.writeHead(status, { location: '/new' }).end('a body that nobody reads');
    });
    const outbound = createOutbound({ allow: ['127.0.0.1'] });

    expect((await outbound.fetchBytes(server.url('/old'), limits)).toString()).toBe('moved');
  });

  it.each([
    ['http://127.0.0.1'],
    ['http://0x7f.1'],
    ['http://[::ffff:127.0.0.1]'],
    ['http://localhost'],
    ['http://0.0.0.0'],
    ['//second.invalid'],
    ['http://ann:pass@127.0.0.1'],
    ['ftp://first.invalid'],
  ])('refuses a redirect to %s, without connecting and without repeating it', async (place) => {
    const hidden = await serve();
    const server = await serve((_request, response) => {
      response.writeHead(302, { location: `${place}:${hidden.port}/upstream` }).end();
    });
    const outbound = createOutbound({ allow: ['first.invalid'], resolve: async () => ['127.0.0.1'] });
    const url = `http://first.invalid:${server.port}/asked`;

    await expect(outbound.fetchBytes(`${url}?token=secret`, limits)).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(new RegExp(`^${url} leads to [a-z ]+\\.$`)),
    });
    expect(hidden.connections()).toBe(0);
  });

  it.each([['file:///etc/passwd'], ['data:image/png;base64,AA'], ['http://[broken']])(
    'refuses a redirect to %s',
    async (location) => {
      const server = await serve((_request, response) => response.writeHead(302, { location }).end());
      const outbound = createOutbound({ allow: ['127.0.0.1'] });

      await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject(refused);
    },
  );

  it('follows five redirects and not a sixth', async () => {
    const server = await serve(({ url }, response) => {
      const left = Number(url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const outbound = createOutbound({ allow: ['127.0.0.1'] });

    expect((await outbound.fetchBytes(server.url('/5'), limits)).toString()).toBe('there');
    await expect(outbound.fetchBytes(server.url('/6'), limits)).rejects.toMatchObject({
      kind: 'badAnswer',
    });
  });

  it('ends a redirect loop', async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    const outbound = createOutbound({ allow: ['127.0.0.1'] });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({ kind: 'badAnswer' });
    expect(server.requests).toHaveLength(6);
  });

  it('reports a redirect that leads nowhere', async () => {
    const server = await serve((_request, response) => response.writeHead(302).end());
    const outbound = createOutbound({ allow: ['127.0.0.1'] });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject({
      kind: 'badStatus',
      facts: { status: 302 },
    });
  });

  it('names a malformed entry of what is allowed', () => {
    expect(() => createOutbound({ allow: ['10.0.0.0/99'] })).toThrow('"10.0.0.0/99"');
  });
});
