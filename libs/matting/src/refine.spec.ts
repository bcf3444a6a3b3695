import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, raster } from '../test/rasters.js';
import { drawn } from '../test/scenes.js';
import { feather, offsetEdge, stretch } from './index.js';

const samples = { '.': 0, '#': 255 };

describe('offsetEdge', () => {
  it('grows a point to an octagon', () => {
    const point = drawn(
      [
        '.........',
        '.........',
        '.........',
        '.........',
        '....#....',
        '.........',
        '.........',
        '.........',
        '.........',
      ],
      samples,
    );

    expect(offsetEdge(point, 4)).toEqual(
      drawn(
        [
          '..#####..',
          '.#######.',
          '#########',
          '#########',
          '#########',
          '#########',
          '#########',
          '.#######.',
          '..#####..',
        ],
        samples,
      ),
    );
  });

  it('shrinks a bar from its sides, but not at the edge of the picture', () => {
    expect([...offsetEdge(raster(6, 1, 1, [255, 255, 255, 90, 0, 0]), -1).data]).toEqual([
      255, 255, 90, 0, 0, 0,
    ]);
  });

  it('never darkens when it grows, and never brightens when it shrinks', () => {
    fc.assert(
      fc.property(anyRaster(1), fc.integer({ min: 0, max: 5 }), (mask, pixels) => {
        const grown = offsetEdge(mask, pixels).data;
        const shrunk = offsetEdge(mask, -pixels).data;

        mask.data.forEach((sample, i) => {
          expect(grown[i]).toBeGreaterThanOrEqual(sample);
          expect(shrunk[i]).toBeLessThanOrEqual(sample);
        });
      }),
    );
  });

  it('refuses parts of a pixel', () => {
    expect(() => offsetEdge(raster(1, 1, 1, [0]), 0.5)).toThrow(
      new RangeError('an edge moves by whole pixels, not 0.5'),
    );
  });
});

describe('feather', () => {
  it('makes an edge soft and keeps its middle in place', () => {
    const { data } = feather(
      raster(16, 1, 1, [...Array<number>(8).fill(0), ...Array<number>(8).fill(255)]),
      2,
    );

    expect([...data]).toEqual([...data].sort((a, b) => a - b));
    expect(data[7]! + data[8]!).toBe(255);
    expect(data[0]).toBe(0);
    expect(data[15]).toBe(255);
    expect(data[6]).toBeGreaterThan(40);
  });

  it('keeps an even mask as it is, at any strength', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (sample, sigma) => {
          const even = raster(5, 4, 1, Array<number>(20).fill(sample));

          expect(feather(even, sigma)).toEqual(even);
        },
      ),
    );
  });

  it('refuses a strength below 0', () => {
    expect(() => feather(raster(1, 1, 1, [0]), -1)).toThrow(
      new RangeError('a blur takes a σ from 0 on, not -1'),
    );
  });
});

describe('stretch', () => {
  it('makes nearly solid pixels opaque, nearly empty ones transparent, and spreads the others', () => {
    const mask = raster(7, 1, 1, [0, 5, 6, 128, 249, 250, 255]);

    expect([...stretch(mask, { low: 5, high: 250 }).data]).toEqual([0, 0, 1, 128, 254, 255, 255]);
  });

  it('keeps the mask with the full range', () => {
    const mask = raster(256, 1, 1, [...Array(256).keys()]);

    expect(stretch(mask, { low: 0, high: 255 })).toEqual(mask);
  });

  it('refuses a lower value that is not below the higher one', () => {
    expect(() => stretch(raster(1, 1, 1, [0]), { low: 9, high: 9 })).toThrow(
      new RangeError('levels reach from a lower to a higher value, not from 9 to 9'),
    );
  });
});
