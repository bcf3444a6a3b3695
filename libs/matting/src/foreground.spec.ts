import { describe, expect, it } from '@jest/globals';
import { plainForeground } from '../test/plain-foreground.js';
import { raster } from '../test/rasters.js';
import { scene } from '../test/scenes.js';
import { type Alpha, estimateForeground, maskOf, type Raster, toAlpha } from './index.js';

const disc = scene(70, 45, (x, y) => (14 - Math.hypot(x - 35, y - 22)) / 6 + 0.5);
const alphaOf = ({ width, height }: Raster, data: Float32Array): Alpha => ({ data, width, height });

describe('estimateForeground', () => {
  it('agrees with pymatting, to the rounding of a byte, in mixed pixels', () => {
    const alpha = alphaOf(disc.photo, disc.alpha);
    const expected = plainForeground(disc.photo, alpha);

    const { data } = estimateForeground(disc.photo, alpha);

    const mixed = [...disc.alpha.keys()].filter((i) => disc.alpha[i]! > 0.01 && disc.alpha[i]! < 0.99);
    expect(mixed.length).toBeGreaterThan(200);
    for (const i of mixed) {
      for (let c = 0; c < 3; c++) {
        expect(Math.abs(data[i * 3 + c]! - expected[i]![c]! * 255)).toBeLessThan(0.6);
      }
    }
  });

  it('gives nearly the same colours when it estimates around mixed pixels only', () => {
    const large = scene(260, 200, (x, y) => (60 - Math.hypot(x - 130, y - 100)) / 6 + 0.5);
    const alpha = alphaOf(large.photo, large.alpha);
    const expected = plainForeground(large.photo, alpha);

    const { data } = estimateForeground(large.photo, alpha);

    let sum = 0;
    let weights = 0;
    large.alpha.forEach((share, i) => {
      if (share <= 0.01 || share >= 0.99) return;
      for (let c = 0; c < 3; c++) sum += share * Math.abs(data[i * 3 + c]! / 255 - expected[i]![c]!);
      weights += 3 * share;
    });
    expect(sum / weights).toBeLessThan(1 / 255);
  });

  it('gives nearly the same colours when it estimates many mixed pixels at a smaller size', () => {
    const large = scene(300, 220, (x, y) => (60 - Math.hypot(x - 130, y - 100)) / 60 + 0.5);
    const alpha = alphaOf(large.photo, large.alpha);
    const full = estimateForeground(large.photo, alpha);

    const { data } = estimateForeground(large.photo, alpha, { mostMixed: 6_000 });

    let sum = 0;
    let weights = 0;
    large.alpha.forEach((share, i) => {
      if (share <= 0.01 || share >= 0.99) return;
      for (let c = 0; c < 3; c++) sum += share * Math.abs(data[i * 3 + c]! - full.data[i * 3 + c]!);
      weights += 3 * share;
    });
    expect(data).not.toEqual(full.data);
    expect(sum / weights).toBeLessThan(2);
  });

  it.each([
    [1, 300],
    [300, 1],
    [2, 3],
    [500, 3],
  ])('answers for a mixed picture of %i × %i pixels with few estimated', (width, height) => {
    const all = scene(width, height, () => 0.5);
    const estimated = estimateForeground(all.photo, alphaOf(all.photo, all.alpha), { mostMixed: 10 });
    expect(estimated.data).toHaveLength(width * height * 3);
    expect(Math.max(...estimated.data)).toBeGreaterThan(0);
  });

  it('keeps solid pixels and blackens invisible ones', () => {
    const { data } = estimateForeground(disc.photo, alphaOf(disc.photo, disc.alpha));

    disc.alpha.forEach((share, i) => {
      const colour = [...data.subarray(i * 3, i * 3 + 3)];
      if (share === 1) expect(colour).toEqual([...disc.photo.data.subarray(i * 3, i * 3 + 3)]);
      if (share === 0) expect(colour).toEqual([0, 0, 0]);
    });
  });

  it('removes the background from the colours of an edge', () => {
    const { photo, alpha } = disc;
    const { data } = estimateForeground(photo, alphaOf(photo, alpha));

    let before = 0;
    let after = 0;
    alpha.forEach((share, i) => {
      if (share < 0.2 || share > 0.8) return;
      // The blue of the subject is 50 throughout.
      before += Math.abs(photo.data[i * 3 + 2]! - 50);
      after += Math.abs(data[i * 3 + 2]! - 50);
    });
    expect(after).toBeLessThan(before / 5);
  });

  it('handles a single pixel and masks of one kind', () => {
    const pixel = raster(1, 1, 3, [10, 20, 30]);

    expect(estimateForeground(pixel, toAlpha(raster(1, 1, 1, [255])))).toEqual(pixel);
    expect(estimateForeground(pixel, toAlpha(raster(1, 1, 1, [0]))).data).toEqual(new Uint8Array(3));
    expect(estimateForeground(pixel, toAlpha(raster(1, 1, 1, [128]))).data).toHaveLength(3);
  });

  it('refuses an alpha of another size', () => {
    expect(() => estimateForeground(disc.photo, toAlpha(raster(1, 1, 1, [0])))).toThrow(
      new RangeError('an alpha of 1×1 pixels does not fit a photo of 70×45'),
    );
  });
});

it('turns a mask into alpha and back unchanged', () => {
  const mask = raster(256, 1, 1, [...Array(256).keys()]);

  expect(maskOf(toAlpha(mask))).toEqual(mask);
});
