import { describe, expect, it } from '@jest/globals';
import { serveInTests } from '../test/loopback.js';
import { authorizationOf } from './credentials.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000, timeoutMs: 30_000, idleTimeoutMs: 30_000 };
const basic = (text: string, encoding: BufferEncoding = 'utf8') =>
  `Basic ${Buffer.from(text, encoding).toString('base64')}`;

describe('authorizationOf', () => {
  it.each([
    ['http://ann:secret@host.example/', basic('ann:secret')],
    ['http://ann@host.example/', basic('ann:')],
    ['http://:secret@host.example/', basic(':secret')],
    ['http://ann%40shop:p%3Aa%2Fs%25s@host.example/', basic('ann@shop:p:a/s%s')],
    ['http://ann:p:w@host.example/', basic('ann:p:w')],
    ['http://änn:pässwörd@host.example/', basic('änn:pässwörd')],
    ['http://ann:%E4@host.example/', basic('ann:\xe4', 'latin1')],
    ['http://ann:100%zz%@host.example/', basic('ann:100%zz%')],
  ])('decodes the credentials of %s', (url, authorization) => {
    expect(authorizationOf(new URL(url))).toEqual({ authorization });
  });

  it('gives nothing for a URL without credentials', () => {
    expect(authorizationOf(new URL('http://host.example/@:'))).toEqual({});
  });
});

describe('credentials in a URL', () => {
  const serve = serveInTests();
  const outbound = createOutbound({ allow: ['127.0.0.1'], resolve: async () => ['127.0.0.1'] });
  const hook = { method: 'POST', contentType: 'text/plain', body: 'result', timeoutMs: 30_000 } as const;

  /** A server that redirects once, and then answers. */
  const serveRedirect = (location: (port: number) => string) =>
    serve((request, response) => {
      const port = request.socket.localPort ?? 0;
      if (request.url !== '/first') response.end('bytes');
      else response.writeHead(302, { location: location(port) }).end();
    });
  const sentTo = ({ requests }: Awaited<ReturnType<typeof serveRedirect>>) =>
    requests.map(({ url, headers }) => [url, headers.authorization]);

  it('are sent as Basic with fetches, uploads and webhooks', async () => {
    const server = await serve((request, response) => request.resume().on('end', () => response.end()));
    const url = `http://ann:secret@127.0.0.1:${server.port}/a?b`;
    await outbound.fetchBytes(url, limits);
    await outbound.send({ ...hook, url });
    await outbound.send({ ...hook, method: 'PUT', url });
    const authorization = basic('ann:secret');
    expect(sentTo(server)).toEqual(['GET', 'POST', 'PUT'].map(() => ['/a?b', authorization]));
  });

  it.each([
    ['/next', 'ann:secret'],
    ['next', 'ann:secret'],
    ['//127.0.0.1:PORT/next', 'ann:secret'],
    ['http://127.0.0.1:PORT/next', 'ann:secret'],
    ['http://bob:other@127.0.0.1:PORT/next', 'bob:other'],
    ['//other.example:PORT/next', undefined],
    ['http://other.example:PORT/next', undefined],
    ['http://bob:other@other.example:PORT/next', 'bob:other'],
  ])('after a redirect to %s are %s', async (location, credentials) => {
    const server = await serveRedirect((port) => location.replace('PORT', `${port}`));
    await outbound.fetchBytes(`http://ann:secret@127.0.0.1:${server.port}/first`, limits);
    expect(sentTo(server)).toEqual([
      ['/first', basic('ann:secret')],
      ['/next', credentials && basic(credentials)],
    ]);
  });

  it('do not travel to another port of the same host', async () => {
    const other = await serve((_request, response) => response.end('bytes'));
    const server = await serveRedirect(() => other.url('/next'));
    await outbound.fetchBytes(`http://ann:secret@127.0.0.1:${server.port}/first`, limits);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it.each([[401], [403], [503]])('stay out of the error of a status %i', async (status) => {
    const server = await serve((_request, response) => response.writeHead(status).end());
    const url = `http://ann:secret@127.0.0.1:${server.port}/a`;
    await expect(outbound.fetchBytes(url, limits)).rejects.toMatchObject({
      message: `${server.url('/a')} answers with status ${status}.`,
    });
  });
});
