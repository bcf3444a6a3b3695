import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, raster } from '../test/rasters.js';
import { drawn } from '../test/scenes.js';
import { postProcessMask } from './index.js';

describe('postProcessMask', () => {
  it('opens, smooths and thresholds as skimage 0.26 and scipy 1.17 do', () => {
    const mask = drawn(
      [
        '..............',
        '...........#..',
        '..............',
        '..#######.....',
        '..#######.....',
        '..#######ooo..',
        '..###.###ooo..',
        '..#######ooo..',
        '..#######.....',
        '..#######.....',
        '..............',
        '..............',
      ],
      { '.': 0, o: 140, '#': 255 },
    );
    const golden = drawn(
      [
        '..............',
        '..............',
        '..............',
        '.....##.......',
        '...#####......',
        '..#######.....',
        '..#######.....',
        '..#######.....',
        '...#####......',
        '....###.......',
        '..............',
        '..............',
      ],
      { '.': 0, '#': 255 },
    );

    expect(postProcessMask(mask)).toEqual(golden);
  });

  it('leaves nothing between 0 and 255', () => {
    fc.assert(
      fc.property(anyRaster(1), (mask) => {
        const { data, ...geometry } = postProcessMask(mask);

        expect(geometry).toEqual({ width: mask.width, height: mask.height, channels: 1 });
        expect(data.every((sample) => sample === 0 || sample === 255)).toBe(true);
      }),
    );
  });

  it('keeps an even mask even, down to a single pixel', () => {
    expect([...postProcessMask(raster(1, 1, 1, [126])).data]).toEqual([0]);
    expect([...postProcessMask(raster(1, 1, 1, [255])).data]).toEqual([255]);
    expect(new Set(postProcessMask(raster(9, 3, 1, Array<number>(27).fill(255))).data)).toEqual(
      new Set([255]),
    );
  });
});
