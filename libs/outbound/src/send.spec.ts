import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { serveInTests, serveLoopback } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const post = {
  method: 'POST',
  body: '{"a":"ä"}',
  contentType: 'application/json',
  timeoutMs: 60_000,
} as const;

describe('send', () => {
  const outbound = createOutbound({ allow: ['127.0.0.1'] });
  const serve = serveInTests();

  it('sends the bytes exactly, with their type and length', async () => {
    const bytes = randomBytes(300_000);
    let received: Buffer | undefined;
    const server = await serve((request, response) => {
      void buffer(request).then((body) => {
        received = body;
        return response.end();
      });
    });
    const put = { ...post, method: 'PUT', body: bytes, contentType: 'image/png' } as const;

    expect(await outbound.send({ ...put, url: server.url('/a?token=1') })).toEqual({ status: 200 });
    expect(received?.equals(bytes)).toBe(true);
    expect(server.requests[0]).toMatchObject({ method: 'PUT', url: '/a?token=1' });
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '300000',
    });
  });

  it('sends text as UTF-8 and the headers that were given', async () => {
    let received = '';
    const server = await serve((request, response) => {
      void buffer(request).then((body) => {
        received = body.toString();
        return response.end();
      });
    });
    await outbound.send({ ...post, url: server.url(), headers: { 'webhook-id': 'one' } });

    expect(received).toBe(post.body);
    expect(server.requests[0]?.headers).toMatchObject({ 'webhook-id': 'one', 'content-length': '10' });
  });

  it.each([[204], [302], [307], [410], [500]])(
    'returns status %i and follows no redirect',
    async (status) => {
      const server = await serve((_request, response) => {
        response.writeHead(status, { location: '/elsewhere' }).end(status === 204 ? undefined : 'text');
      });

      expect(await outbound.send({ ...post, url: server.url() })).toEqual({ status });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('reads Retry-After', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(503, { 'retry-after': '7' }).end();
    });

    expect(await outbound.send({ ...post, url: server.url() })).toEqual({ status: 503, retryAfterMs: 7_000 });
  });

  it('returns the status although the answer never ends', async () => {
    const server = await serve((_request, response) => {
      response.write('for ever');
    });

    expect(await outbound.send({ ...post, url: server.url() })).toEqual({ status: 200 });
  });

  it('reads only the beginning of a long answer', async () => {
    const server = await serve((_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000)));
      };
      response.on('drain', pour);
      pour();
    });

    expect(await outbound.send({ ...post, url: server.url() })).toEqual({ status: 200 });
  });

  it('reports an unreachable address and a timeout, without the query', async () => {
    const silent = await serve(() => undefined);
    const gone = await serveLoopback(() => undefined);
    await gone.close();

    await expect(
      outbound.send({ ...post, url: silent.url('/a?token=1'), timeoutMs: 50 }),
    ).rejects.toMatchObject({
      kind: 'unreachable',
      message: `${new URL(silent.url('/a')).origin} does not answer within 50 ms.`,
    });
    await expect(outbound.send({ ...post, url: gone.url('/a?token=1') })).rejects.toMatchObject({
      kind: 'unreachable',
      message: `${new URL(gone.url('/a')).origin} refuses the connection.`,
    });
  });

  it('reports a name that does not resolve as unreachable', async () => {
    const { send } = createOutbound({ allow: [], resolve: async () => [] });

    await expect(send({ ...post, url: 'http://host.example/' })).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });

  it('refuses addresses that are malformed or not public', async () => {
    const { send } = createOutbound({ allow: [], resolve: async () => ['10.0.0.1'] });
    for (const url of ['nonsense', 'ftp://8.8.8.8/', 'http://127.1/', 'http://host.example/']) {
      await expect(send({ ...post, url })).rejects.toMatchObject({ kind: 'refused' });
    }
  });

  it('stops with the reason of the signal', async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort('enough'));

    await expect(outbound.send({ ...post, url: server.url() }, stop.signal)).rejects.toBe('enough');
  });

  it('rejects when the outbound is closed', async () => {
    const { send, close } = createOutbound({ allow: ['127.0.0.1'] });
    const server = await serve(() => void close());

    await expect(send({ ...post, url: server.url() })).rejects.toMatchObject({ kind: 'stopped' });
    await expect(send({ ...post, url: server.url() })).rejects.toMatchObject({ kind: 'stopped' });
  });
});

describe('checkUrl', () => {
  const noName = async (host: string): Promise<string[]> => {
    throw new Error(`${host} was not to be resolved`);
  };
  const { checkUrl } = createOutbound({ allow: ['10.1.0.0/16', 'images.internal'], resolve: noName });

  it.each([
    ['nonsense'],
    ['ftp://host.example/'],
    ['http://127.0.0.1/'],
    ['http://ann:pass@127.0.0.1/'],
    ['http://0x7f.1/'],
    ['http://[::ffff:127.0.0.1]/'],
    ['http://localhost:9000/'],
    ['http://hooks.localhost./'],
    ['http://10.2.0.1/'],
  ])('refuses %s', (url) => {
    expect(() => checkUrl(url)).toThrow(expect.objectContaining({ kind: 'refused' }));
  });

  it.each([
    ['https://host.example/hook?token=1'],
    ['https://ann:pass@host.example/'],
    ['http://8.8.8.8/'],
    ['http://10.1.2.3/'],
    ['http://images.internal/'],
  ])('takes %s', (url) => {
    expect(() => checkUrl(url)).not.toThrow();
  });

  it('accepts localhost when loopback is allowed', () => {
    const { checkUrl } = createOutbound({ allow: ['127.0.0.1'], resolve: noName });
    expect(() => checkUrl('http://localhost:9000/')).not.toThrow();
  });
});

describe('onRefused', () => {
  it('is called with the label of each request whose address is refused', async () => {
    const labels: string[] = [];
    const onRefused = (label: string) => labels.push(label);
    const outbound = createOutbound({ allow: [], onRefused });
    const url = 'http://10.0.0.1/';
    const limits = { maxBytes: 1_000, timeoutMs: 60_000, idleTimeoutMs: 60_000 };

    await expect(outbound.fetchBytes(url, { ...limits, label: 'inputImage' })).rejects.toThrow('not public');
    await expect(outbound.send({ ...post, url, label: 'uploadEndpoint' })).rejects.toThrow('not public');
    expect(() => outbound.checkUrl(url, 'webhookURL')).toThrow('not public');
    expect(labels).toEqual(['inputImage', 'uploadEndpoint', 'webhookURL']);
  });
});
