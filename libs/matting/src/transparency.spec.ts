import { describe, expect, it } from '@jest/globals';
import { hasTransparency, keptShare, overGround, ownAlpha, type Raster } from './index.js';

const rgba = (...pixels: [number, number, number, number][]): Raster => ({
  data: Uint8Array.from(pixels.flat()),
  width: pixels.length,
  height: 1,
  channels: 4,
});
const maskOf = (...values: number[]): Raster => ({
  data: Uint8Array.from(values),
  width: values.length,
  height: 1,
  channels: 1,
});

describe('a photo over a ground', () => {
  it('is the same raster when it is opaque', () => {
    const rgb: Raster = { data: new Uint8Array(12), width: 4, height: 1, channels: 3 };
    const opaque = rgba([1, 2, 3, 255], [4, 5, 6, 255]);
    expect([overGround(rgb), overGround(opaque)]).toEqual([rgb, opaque]);
    expect(overGround(opaque)).toBe(opaque);
    expect([hasTransparency(rgb), hasTransparency(opaque)]).toEqual([false, false]);
  });

  it.each([
    ['black pixels are over white', [[0, 0, 0, 255]], 255],
    ['white pixels are over black', [[255, 255, 255, 255]], 0],
    ['pixels of mid grey are over white', [[120, 120, 120, 255]], 255],
    [
      'black and white pixels are over grey',
      [
        [0, 0, 0, 255],
        [255, 255, 255, 255],
      ],
      128,
    ],
    ['invisible pixels are over white', [], 255],
  ])('%s, whatever the hidden colour is', (_, visible, ground) => {
    for (const hidden of [0, 90, 255]) {
      const pixels = [...visible, [hidden, hidden, hidden, 0]] as [number, number, number, number][];
      const { data, channels } = overGround(rgba(...pixels));
      expect(channels).toBe(3);
      expect([...data]).toEqual([...visible.flatMap((pixel) => pixel.slice(0, 3)), ground, ground, ground]);
    }
  });

  it('mixes half-visible pixels with the ground', () => {
    const { data } = overGround(rgba([0, 0, 0, 255], [200, 100, 0, 128]));
    expect([...data.subarray(3)]).toEqual([227, 177, 127]);
  });
});

describe('the share that a mask keeps', () => {
  it('counts visible pixels by their alpha', () => {
    const photo = rgba([0, 0, 0, 255], [0, 0, 0, 85], [0, 0, 0, 0]);
    expect(keptShare(photo, maskOf(255, 255, 0))).toBe(1);
    expect(keptShare(photo, maskOf(255, 0, 255))).toBe(0.75);
    expect(keptShare(photo, maskOf(0, 0, 255))).toBe(0);
    expect(ownAlpha(photo)).toEqual(maskOf(255, 85, 0));
  });

  it('is zero where nothing is visible', () => {
    expect(keptShare(rgba([9, 9, 9, 0]), maskOf(255))).toBe(0);
  });
});
