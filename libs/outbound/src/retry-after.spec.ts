import { describe, expect, it } from '@jest/globals';
import { parseRetryAfter, withJitter } from './retry-after.js';

const now = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT');

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    [' 120 ', 120_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['99999999999', 99_999_999_999_000],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
    ['Sun Nov 22 12:00:30 2026', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['-5 apples', undefined],
    ['try again 2027', undefined],
    ['2026-11-22T12:00:30Z', undefined],
    [undefined, undefined],
    [['1', '2'], undefined],
  ])('reads %j as %j ms', (header, ms) => {
    expect(parseRetryAfter({ 'retry-after': header }, now)).toBe(ms);
  });

  it("counts a date from the answer's own clock", () => {
    const headers = { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT', date: 'Sun, 22 Nov 2026 12:00:10 GMT' };
    const anHourLater = now + 3_600_000;
    expect(parseRetryAfter(headers, anHourLater)).toBe(20_000);
    expect(parseRetryAfter({ ...headers, date: 'yesterday' }, now)).toBe(30_000);
    expect(parseRetryAfter({}, now)).toBeUndefined();
  });
});

describe('withJitter', () => {
  it('stays within a fifth', () => {
    const all = Array.from({ length: 1000 }, () => withJitter(1000));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...all)).toBeLessThanOrEqual(1200);
    expect(new Set(all).size).toBeGreaterThan(900);
  });
});
