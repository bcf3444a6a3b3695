import { describe, expect, it } from '@jest/globals';
import { limitsOf, requireImageSize, requireOutputSize } from './index.js';

describe('requireImageSize', () => {
  const limits = limitsOf({ MAX_IMAGE_SIDE: 65_535, MAX_IMAGE_MEGAPIXELS: 64 });
  const most = 64 * 1024 * 1024;

  it.each([
    [8_160, 6_144],
    [9_280, 6_944],
  ])('accepts a photo of a phone of 50 or 64 megapixels: %i × %i', (width, height) => {
    requireImageSize({ width, height }, limits);
  });

  it('accepts sides and pixels up to the limit', () => {
    requireImageSize({ width: 100, height: 1 }, { ...limits, maxSide: 100 });
    requireImageSize({ width: 8_192, height: 8_192 }, limits);
  });

  it.each([
    [{ width: 101, height: 1 }, 100],
    [{ width: 1, height: 101 }, 100],
    [{ width: 8_192, height: 8_193 }, most],
  ])('refuses %j and names the limit %i', (size, max) => {
    const maxSide = max === 100 ? 100 : 65_535;
    expect(() => requireImageSize(size, { ...limits, maxSide })).toThrow(
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
