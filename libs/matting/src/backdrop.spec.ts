import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, raster } from '../test/rasters.js';
import { flatten, withBackdrop } from './index.js';

const colour = [200, 100, 50] as const;

describe('withBackdrop', () => {
  it('composites as Pillow does', () => {
    const cut = raster(3, 1, 4, [...colour, 128, ...colour, 255, 0, 0, 0, 0]);

    expect([...withBackdrop(cut, [255, 255, 255, 1]).data]).toEqual([
      227, 177, 152, 255, 200, 100, 50, 255, 255, 255, 255, 255,
    ]);
    // Pillow 13.0: Image.alpha_composite over (10, 20, 30, 99).
    expect([...withBackdrop(cut, [10, 20, 30, 99]).data]).toEqual([
      147, 78, 44, 177, 200, 100, 50, 255, 10, 20, 30, 99,
    ]);
  });

  it('reads an opacity up to 1 as a share and above 1 as a byte', () => {
    const clear = raster(1, 1, 4, [0, 0, 0, 0]);
    const opacityOf = (alpha: number) => withBackdrop(clear, [1, 2, 3, alpha]).data[3];

    expect([0, 0.5, 1, 2, 128, 255].map(opacityOf)).toEqual([0, 128, 255, 2, 128, 255]);
  });

  it('gives invisible pixels the colour, even a transparent one', () => {
    expect([...withBackdrop(raster(1, 1, 4, [9, 9, 9, 0]), [255, 255, 255, 0]).data]).toEqual([
      255, 255, 255, 0,
    ]);
  });

  it('does not change visible pixels over a transparent colour', () => {
    fc.assert(
      fc.property(anyRaster(4), (cut) => {
        const over = withBackdrop(cut, [7, 8, 9, 0]);

        for (let i = 0; i < cut.data.length; i += 4) {
          if (cut.data[i + 3] === 0) continue;
          expect([...over.data.subarray(i, i + 4)]).toEqual([...cut.data.subarray(i, i + 4)]);
        }
      }),
    );
  });

  it('refuses a colour out of range', () => {
    const clear = raster(1, 1, 4, [0, 0, 0, 0]);

    expect(() => withBackdrop(clear, [256, 0, 0, 1])).toThrow(new RangeError('256, 0, 0, 1 is not a colour'));
    expect(() => withBackdrop(clear, [1.5, 0, 0, 1])).toThrow(RangeError);
    expect(() => withBackdrop(clear, [0, 0, 0, -0.1])).toThrow(RangeError);
    expect(() => withBackdrop(clear, [0, 0, 0, NaN])).toThrow(RangeError);
  });
});

describe('flatten', () => {
  it('puts the cutout on the colour and ignores its opacity', () => {
    const cut = raster(2, 1, 4, [...colour, 128, 0, 0, 0, 0]);

    expect(flatten(cut, [0, 0, 255, 0])).toEqual(raster(2, 1, 3, [100, 50, 152, 0, 0, 255]));
  });

  it('puts the cutout on white by default', () => {
    expect(flatten(raster(1, 1, 4, [0, 0, 0, 0]))).toEqual(raster(1, 1, 3, [255, 255, 255]));
  });
});
