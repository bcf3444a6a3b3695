import { describe, expect, it } from '@jest/globals';
import { DELAYS_MS, nextMove } from './next-move.js';

const HOUR = 3_600_000;

const retryOf = (...args: Parameters<typeof nextMove>): number => {
  const move = nextMove(...args);
  if ('end' in move) throw new Error(`the delivery is ${move.end}`);
  return move.retryInMs;
};

describe('nextMove', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [410, 'stopped'],
  ])('ends after a %i: %s', (status, end) => {
    expect(nextMove({ status }, 1)).toEqual({ end });
  });

  it.each([[{ status: 301 }], [{ status: 404 }], [{ status: 500 }], [undefined]])(
    'tries again after %j with growing waits, and fails after the last attempt',
    (sent) => {
      DELAYS_MS.forEach((delayMs, i) => {
        const waitMs = retryOf(sent, i + 1);
        expect(waitMs).toBeGreaterThanOrEqual(0.8 * delayMs);
        expect(waitMs).toBeLessThanOrEqual(1.2 * delayMs);
      });
      expect(nextMove(sent, DELAYS_MS.length + 1)).toEqual({ end: 'failed' });
    },
  );

  it('waits at least as long as Retry-After asks, up to a day', () => {
    expect(retryOf({ status: 503, retryAfterMs: 2 * HOUR }, 1)).toBe(2 * HOUR);
    expect(retryOf({ status: 503, retryAfterMs: 1 }, 1)).toBeGreaterThanOrEqual(800);
    expect(retryOf({ status: 503, retryAfterMs: 1000 * HOUR }, 1)).toBe(24 * HOUR);
  });
});
