import { describe, expect, it } from '@jest/globals';
import { MAX_IMAGE_PIXELS } from '#contract';
import { requireImageSize, requireOutputSize } from './index.js';

describe('requireImageSize', () => {
  it('accepts sides and pixels up to the limit', () => {
    requireImageSize({ width: 100, height: 1 }, 100);
    requireImageSize({ width: 5_000, height: MAX_IMAGE_PIXELS / 5_000 }, 65_535);
  });

  it.each([
    [{ width: 101, height: 1 }, 100],
    [{ width: 1, height: 101 }, 100],
    [{ width: 5_000, height: MAX_IMAGE_PIXELS / 5_000 + 1 }, MAX_IMAGE_PIXELS],
  ])('refuses %j and names the limit %i', (size, max) => {
    const maxSide = max === 100 ? 100 : 65_535;
    expect(() => requireImageSize(size, maxSide)).toThrow(
      expect.objectContaining({ kind: 'tooLarge', facts: { max } }),
    );
  });
});

describe('requireOutputSize', () => {
  it.each([
    ['PNG', 65_535],
    ['JPG', 65_500],
    ['WEBP', 16_383],
  ] as const)('takes a side that fits into a %s', (format, side) => {
    requireOutputSize({ width: side, height: 1 }, format);
  });

  it.each([
    ['JPG', 65_500],
    ['WEBP', 16_383],
  ] as const)('refuses a side that does not fit into a %s', (format, max) => {
    expect(() => requireOutputSize({ width: 1, height: max + 1 }, format)).toThrow(
      expect.objectContaining({
        kind: 'unfit',
        message: `The image measures 1 × ${max + 1} pixels; a side of a ${format} has ${max} at most, so ask for PNG.`,
      }),
    );
  });
});
