import { expect, it } from '@jest/globals';
import { base64 } from '../generated/mask.js';
import { openKernel, reserve } from './kernel.js';

it('opens nothing where the engine does not know the instructions', () => {
  // A module's magic number and a version that there is not.
  expect(openKernel('AGFzbf////8=')).toBeUndefined();
});

it('grows the memory to what is asked for, and never back', () => {
  const kernel = openKernel(base64)!;
  const { length } = reserve(kernel, 100_000);

  reserve(kernel, 100_000)[99_999] = 7;

  expect(length).toBe(2 * 65_536);
  expect(reserve(kernel, 10)[99_999]).toBe(7);
  expect(reserve(kernel, 10)).toHaveLength(length);
});
