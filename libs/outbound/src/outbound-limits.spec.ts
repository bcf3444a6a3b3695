import { describe, expect, it } from '@jest/globals';
import { serveInTests, type Loopback } from '../test/loopback.js';
import { createOutbound } from './outbound.js';

const limits = { maxBytes: 1_000, timeoutMs: 60_000, idleTimeoutMs: 60_000 };

const tooLarge = { kind: 'tooLarge', facts: { max: 1_000 } };

/** The request's connection is gone, so nothing goes on behind our back. */
const disconnected = async ({ requests }: Loopback) => {
  const socket = requests[0]?.socket;
  if (!socket) throw new Error('No request has arrived.');
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
};

describe('fetchBytes and its limits', () => {
  const outbound = createOutbound({ allow: ['127.0.0.1'] });
  const serve = serveInTests();

  /** Resolves when the first request has arrived. */
  const serveSilence = async () => {
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    return { server: await serve(() => arrive()), arrived };
  };

  it('accepts a body of exactly the cap', async () => {
    const server = await serve((_request, response) => response.end(Buffer.alloc(1_000)));

    expect(await outbound.fetchBytes(server.url(), limits)).toHaveLength(1_000);
  });

  it('refuses a declared length beyond the cap before any of the body has come', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('content-length', '1001');
      response.flushHeaders();
    });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject(tooLarge);
    await disconnected(server);
  });

  it('breaks off a stream of unknown length beyond the cap', async () => {
    const server = await serve((_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(100)));
      };
      response.on('drain', pour);
      pour();
    });

    await expect(outbound.fetchBytes(server.url(), limits)).rejects.toMatchObject(tooLarge);
    await disconnected(server);
  });

  it('gives up on headers that do not come', async () => {
    const { server } = await serveSilence();

    await expect(
      outbound.fetchBytes(server.url('/a?b'), { ...limits, idleTimeoutMs: 60 }),
    ).rejects.toMatchObject({
      kind: 'unreachable',
      message: `${server.url('/a')} does not begin to answer within 60 ms.`,
    });
    await disconnected(server);
  });

  it('gives up on a body that stalls', async () => {
    const server = await serve((_request, response) => response.write('first'));

    await expect(outbound.fetchBytes(server.url(), { ...limits, idleTimeoutMs: 60 })).rejects.toMatchObject({
      kind: 'unreachable',
      message: `${server.url()} sends no more of its answer within 60 ms.`,
    });
    await disconnected(server);
  });

  it('gives up on a body that drips beyond the total time', async () => {
    const server = await serve((_request, response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });

    await expect(outbound.fetchBytes(server.url(), { ...limits, timeoutMs: 120 })).rejects.toMatchObject({
      kind: 'unreachable',
      message: `${server.url()} does not answer within 120 ms.`,
    });
    await disconnected(server);
  });

  it('counts the total time across redirects', async () => {
    const server = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 50);
    });

    await expect(outbound.fetchBytes(server.url(), { ...limits, timeoutMs: 120 })).rejects.toMatchObject({
      message: `${server.url()} does not answer within 120 ms.`,
    });
  });

  it('counts the resolving of a name into the total time', async () => {
    const stuck = createOutbound({ allow: [], resolve: () => new Promise<never>(() => undefined) });

    await expect(
      stuck.fetchBytes('http://host.example/', { ...limits, timeoutMs: 50 }),
    ).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'http://host.example/ does not answer within 50 ms.',
    });
  });

  it('rejects with the reason of a signal that had aborted before, without connecting', async () => {
    const server = await serve((_request, response) => response.end());
    const reason = new Error('cancelled');

    await expect(outbound.fetchBytes(server.url(), limits, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.connections()).toBe(0);
  });

  it('rejects with the reason of a signal that aborts before the headers', async () => {
    const { server, arrived } = await serveSilence();
    const stop = new AbortController();
    const reason = new Error('cancelled');
    const fetched = expect(outbound.fetchBytes(server.url(), limits, stop.signal)).rejects.toBe(reason);
    await arrived;
    stop.abort(reason);

    await fetched;
    await disconnected(server);
  });

  it('rejects with the reason of a signal that aborts amid the body, even if it is no error', async () => {
    const stop = new AbortController();
    const server = await serve((_request, response) =>
      response.write('first', () => stop.abort('cancelled')),
    );

    await expect(outbound.fetchBytes(server.url(), limits, stop.signal)).rejects.toBe('cancelled');
    await disconnected(server);
  });

  it('breaks off running requests when it is closed, and starts no more', async () => {
    const { server, arrived } = await serveSilence();
    const closing = createOutbound({ allow: ['127.0.0.1'] });
    const fetched = expect(closing.fetchBytes(server.url(), limits)).rejects.toMatchObject({
      kind: 'stopped',
    });
    await arrived;
    await closing.close();

    await fetched;
    await disconnected(server);
    await expect(closing.fetchBytes(server.url(), limits)).rejects.toMatchObject({ kind: 'stopped' });
    expect(server.connections()).toBe(1);
  });
});

describe('fetchInto', () => {
  const outbound = createOutbound({ allow: ['127.0.0.1'] });
  const serve = serveInTests();

  it('hands the bytes over one piece after another, also behind a redirect', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const server = await serve((request, response) => {
      if (request.url === '/first') response.writeHead(302, { location: '/second' }).end('moved');
      else response.end(bytes);
    });
    const pieces: Buffer[] = [];
    let isTaking = false;
    await outbound.fetchInto(server.url('/first'), { ...limits, maxBytes: 300_000 }, async (piece) => {
      expect(isTaking).toBe(false);
      isTaking = true;
      pieces.push(Buffer.from(piece));
      await new Promise((resolve) => setImmediate(resolve));
      isTaking = false;
    });
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('hands no more over than the cap', async () => {
    let taken = 0;
    const server = await serve((_request, response) => {
      response.write(Buffer.alloc(600));
      response.end(Buffer.alloc(600));
    });
    const take = (piece: Uint8Array) => void (taken += piece.length);
    await expect(outbound.fetchInto(server.url(), limits, take)).rejects.toMatchObject(tooLarge);
    expect(taken).toBeLessThanOrEqual(1_000);
  });

  it('ends with the error of what takes the bytes, and closes the connection', async () => {
    const server = await serve((_request, response) => response.write('some bytes'));
    const full = new Error('The disk is full.');
    const take = () => Promise.reject(full);
    await expect(outbound.fetchInto(server.url(), limits, take)).rejects.toBe(full);
    await disconnected(server);
  });
});
