import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { createOutbound } from '#outbound';
import { serveInTests } from '../../outbound/test/loopback.js';
import { downloadImage } from './index.js';

const delaysMs = [1, 1, 1];
const parameter = 'inputImage';

type Answer = (response: ServerResponse) => unknown;
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('nothing');
const cutOff: Answer = (response) => response.destroy();
const picture: Answer = (response) => response.end('picture');

describe('downloadImage', () => {
  const outbound = createOutbound({ allow: ['127.0.0.1'] });
  const serve = serveInTests();

  /** A server with its answers in order, of which the last one stays. */
  const serveInTurn = async (...answers: Answer[]) => {
    const at: number[] = [];
    const handle: RequestListener = (_request, response) => {
      const answer = answers[Math.min(at.length, answers.length - 1)];
      at.push(performance.now());
      answer?.(response);
    };
    return { url: (await serve(handle)).url('/a.png?token=secret'), at };
  };

  it('downloads the image from a server that answers 503 twice', async () => {
    const { url, at } = await serveInTurn(status(503), status(503), picture);
    expect(String(await downloadImage(outbound, { url, parameter, delaysMs }))).toBe('picture');
    expect(at).toHaveLength(3);
  });

  it.each([
    ['status 408', status(408)],
    ['status 425', status(425)],
    ['status 429', status(429)],
    ['status 500', status(500)],
    ['a connection that breaks', cutOff],
  ])('tries again after %s', async (_, answer) => {
    const { url, at } = await serveInTurn(answer, picture);
    await downloadImage(outbound, { url, parameter, delaysMs });
    expect(at).toHaveLength(2);
  });

  it.each([[304], [400], [401], [403], [404], [410]])(
    'sends one request when the answer is %i',
    async (code) => {
      const { url, at } = await serveInTurn(status(code));
      await expect(downloadImage(outbound, { url, parameter, delaysMs })).rejects.toMatchObject({
        code: 'downloadFailed',
        message: `The URL in 'inputImage' cannot be used: ${url.split('?')[0]} answers with status ${code}.`,
        details: { parameter },
        isRetryable: false,
      });
      expect(at).toHaveLength(1);
    },
  );

  it('sends no request when the address is refused', async () => {
    const { url, at } = await serveInTurn(picture);
    const closed = createOutbound({ allow: [] });
    await expect(downloadImage(closed, { url, parameter, delaysMs })).rejects.toMatchObject({
      code: 'invalidInputImageURL',
      isRetryable: false,
    });
    expect(at).toHaveLength(0);
  });

  it('names the number of tries, and is final, when all are used up', async () => {
    const { url, at } = await serveInTurn(status(503));
    await expect(downloadImage(outbound, { url, parameter, delaysMs })).rejects.toMatchObject({
      code: 'downloadFailed',
      message: `The URL in 'inputImage' cannot be used: ${url.split('?')[0]} answers with status 503. It was tried 4 times.`,
      details: { parameter },
      isRetryable: false,
    });
    expect(at).toHaveLength(4);
  });

  it('waits as long as Retry-After asks', async () => {
    const { url, at } = await serveInTurn(status(429, { 'retry-after': '1' }), picture);
    await downloadImage(outbound, { url, parameter, delaysMs });
    // A timer may fire a millisecond early.
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(990);
  });

  it('ends its wait when the signal aborts', async () => {
    const stop = new AbortController();
    const { url, at } = await serveInTurn((response) => {
      response.on('close', () => stop.abort());
      status(503)(response);
    });
    const downloading = downloadImage(outbound, { url, parameter, delaysMs: [600_000] }, stop.signal);
    await expect(downloading).rejects.toMatchObject({ name: 'AbortError' });
    expect(at).toHaveLength(1);
  });
});
