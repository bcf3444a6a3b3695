import { expect, it } from '@jest/globals';
import { createStoredBytes } from './stored-bytes.js';

it('the bytes of all folders are known once each was looked at, and follow the newest look', () => {
  const stored = createStoredBytes(2);
  stored.note('outputs/00', 7);
  stored.note('outputs/00', 5);
  expect(stored.total()).toBeUndefined();
  stored.note('outputs/01', 100);
  expect(stored.total()).toBe(105);
  stored.note('outputs/00', 0);
  expect(stored.total()).toBe(100);
});
