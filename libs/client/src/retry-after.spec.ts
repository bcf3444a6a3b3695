import { describe, expect, it } from '@jest/globals';
import { toTaskError } from './errors.js';
import { createHttp } from './http.js';
import { pauseMsOf } from './retry.js';
import { retryAfterOf } from './retry-after.js';
import type { ErrorItem } from './wire.js';

const now = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT');

describe('retryAfterOf', () => {
  it.each([
    ['0', 0],
    ['120', 120],
    ['99999999999', 99_999_999_999],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30],
    ['Sun Nov 22 12:00:30 2026', 30],
    ['Sun Nov  1 12:00:30 2026', 0],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['try again 2027', undefined],
    ['2026-11-22T12:00:30Z', undefined],
    ['Sun, 99 Nov 2026 12:00:30 GMT', undefined],
    ['', undefined],
  ])('reads %j as %j s', (header, seconds) => {
    expect(retryAfterOf(new Headers({ 'retry-after': header }), now)).toBe(seconds);
  });

  it("counts a date from the answer's own clock", () => {
    const headers = { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT', date: 'Sun, 22 Nov 2026 12:00:10 GMT' };
    const anHourLater = now + 3_600_000;
    expect(retryAfterOf(new Headers(headers), anHourLater)).toBe(20);
    expect(retryAfterOf(new Headers({ ...headers, date: 'yesterday' }), now)).toBe(30);
    expect(retryAfterOf(new Headers(), now)).toBeUndefined();
  });
});

describe('a refusal with a date in Retry-After', () => {
  const headers = { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT', date: 'Sun, 22 Nov 2026 12:00:10 GMT' };
  const httpOf = (status: number, body: string) =>
    createHttp({
      root: 'http://127.0.0.1',
      apiKey: undefined,
      fetch: async () => new Response(body, { status, headers }),
    });
  const { signal } = new AbortController();

  it.each([
    ['errors of the API', JSON.stringify({ errors: [{ code: 'rateLimitExceeded', message: 'Slow down.' }] })],
    ['a page of a proxy', '<h1>Busy</h1>'],
  ])('says the seconds for %s', async (_, body) => {
    await expect(httpOf(429, body).get('/v1', signal)).rejects.toMatchObject({ retryAfterS: 20 });
  });

  it('says the seconds for an image', async () => {
    const read = httpOf(503, '').download('http://127.0.0.1/a.png', (image) => image.blob(), signal);
    await expect(read).rejects.toMatchObject({ retryAfterS: 20 });
  });
});

describe('the wait before the next try', () => {
  it.each(['99999999999', 'Sun, 22 Nov 2099 12:00:30 GMT'])('is bounded for %j', (header) => {
    const ms = pauseMsOf(1, retryAfterOf(new Headers({ 'retry-after': header }), now));
    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThanOrEqual(75_000);
  });

  it.each(['soon', null, {}])('is our own when an error item says %j', (retryAfter) => {
    const item = { code: 'rateLimitExceeded', message: 'Slow down.', retryAfter } as unknown as ErrorItem;
    expect(pauseMsOf(1, toTaskError([item]).retryAfterS)).toBeGreaterThanOrEqual(500);
  });
});
