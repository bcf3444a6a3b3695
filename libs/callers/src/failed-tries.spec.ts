import { expect, it } from '@jest/globals';
import { createFailedTries } from './index.js';

it('tells an address to wait after too many failures, and others not', () => {
  let nowMs = 0;
  const tries = createFailedTries({ limit: 3, windowMs: 10_000, now: () => nowMs });
  expect([1, 2, 3].map(() => tries.failed('a'))).toEqual([undefined, undefined, undefined]);
  expect(tries.failed('a')).toBe(10);
  expect(tries.failed('b')).toBeUndefined();
  nowMs = 8_500;
  expect(tries.failed('a')).toBe(2);
  nowMs = 10_001;
  expect(tries.failed('a')).toBeUndefined();
});

it('keeps a bounded number of addresses', () => {
  const tries = createFailedTries({ limit: 1 });
  tries.failed('first');
  for (let i = 0; i < 10_000; i++) tries.failed(`address ${i}`);
  expect(tries.failed('first')).toBeUndefined();
  expect(tries.failed('address 9999')).toBeGreaterThan(0);
});
