import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, anyRasterOf, noise, raster } from '../test/rasters.js';
import { brightestReference, lookUpReference } from '../test/reference/tensor.js';
import { type Raster, toTensor } from './index.js';
import { findBrightest, lookUp, type Tables } from './tensor.js';

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const plain = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

const anySquare = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(3 as const, 4 as const))
  .chain(([size, channels]) => anyRasterOf(size, size, channels));

const withoutAlpha = ({ data, width, height }: Raster): Raster => ({
  data: data.filter((_, i) => i % 4 !== 3),
  width,
  height,
  channels: 3,
});

describe('toTensor', () => {
  it('holds (sample / maximum − mean) / std of every sample, channel after channel', () => {
    fc.assert(
      fc.property(anySquare, (photo) => {
        const nchw = toTensor(photo, imageNet);
        const colours = photo.channels === 4 ? withoutAlpha(photo) : photo;
        const max = Math.max(...colours.data, 1e-6);
        const plane = photo.width * photo.height;

        expect(nchw).toHaveLength(3 * plane);
        colours.data.forEach((sample, i) => {
          const channel = i % 3;
          const value = (sample / max - imageNet.mean[channel]!) / imageNet.std[channel]!;
          expect(nchw[channel * plane + Math.floor(i / 3)]).toBe(Math.fround(value));
        });
      }),
    );
  });

  it('agrees with numpy 2.4 to the bit', () => {
    const photo = raster(2, 2, 3, [10, 200, 30, 0, 128, 200, 7, 7, 7, 200, 1, 99]);

    expect([...toTensor(photo, imageNet)]).toEqual([
      -1.8995633125305176, -2.1179039478302, -1.9650654792785645, 2.248908281326294, 2.4285714626312256,
      0.8214285969734192, -1.8794642686843872, -2.013392925262451, -1.1377778053283691, 2.640000104904175,
      -1.6488889455795288, 0.3955555558204651,
    ]);
  });

  it('divides by the brightest sample of the photo, not by 255', () => {
    expect([...toTensor(raster(1, 1, 3, [25, 50, 100]), plain)]).toEqual([0.25, 0.5, 1]);
  });

  it('ignores alpha', () => {
    expect([...toTensor(raster(1, 1, 4, [25, 50, 100, 255]), plain)]).toEqual([0.25, 0.5, 1]);
  });

  it('makes zeros of a black photo', () => {
    expect([...toTensor(raster(1, 1, 3, [0, 0, 0]), plain)]).toEqual([0, 0, 0]);
  });

  it('overwrites the given memory', () => {
    const into = new Float32Array(3).fill(NaN);
    expect(toTensor(raster(1, 1, 3, [25, 50, 100]), plain, into)).toBe(into);
    expect([...into]).toEqual([0.25, 0.5, 1]);
  });

  it('refuses memory that is too small or too large', () => {
    const photo = raster(1, 1, 3, [25, 50, 100]);
    for (const length of [2, 4])
      expect(() => toTensor(photo, plain, new Float32Array(length))).toThrow(
        new RangeError(`a tensor of 3 values does not fit ${length}`),
      );
  });

  it('refuses a photo that is not square', () => {
    expect(() => toTensor(raster(2, 1, 3, [1, 2, 3, 4, 5, 6]), plain)).toThrow(
      new RangeError('a network takes square photos, not 2×1 pixels'),
    );
  });

  it('refuses a photo of one channel', () => {
    expect(() => toTensor(raster(1, 1, 1, [1]), plain)).toThrow(
      new RangeError('a raster of 1 channels cannot stand for one of 3 or 4'),
    );
  });
});

const table = (step: number) => Float32Array.from({ length: 256 }, (_, sample) => (sample * step) / 7);
const tables: Tables = [table(1), table(-2), table(3)];

const dark = (photo: Raster): Raster => ({ ...photo, data: photo.data.map((sample) => sample >> 1) });

const large = (channels: 3 | 4): Raster => ({
  data: noise(99 * 101 * channels).map((sample) => sample % 201),
  width: 99,
  height: 101,
  channels,
});

/** Both tensors; the memory is filled with NaN first, so that a value left out shows. */
const lookUpBoth = (photo: Raster) => {
  const empty = () => new Float32Array(3 * photo.width * photo.height).fill(NaN);
  const [expected, nchw] = [empty(), empty()];
  lookUpReference(photo, tables, expected);
  lookUp(photo, tables, nchw);
  return { expected, nchw };
};

describe('the kernel of tensors', () => {
  it('finds the brightest sample that the reference finds', () => {
    fc.assert(
      fc.property(anyRaster(3, 4).map(dark), (photo) => {
        expect(findBrightest(photo)).toBe(brightestReference(photo));
      }),
    );
  });

  it('looks up the values that the reference looks up', () => {
    fc.assert(
      fc.property(anyRaster(3, 4), (photo) => {
        const { expected, nchw } = lookUpBoth(photo);
        expect(nchw).toEqual(expected);
      }),
    );
  });

  for (const channels of [3, 4] as const) {
    it(`agrees with the reference over several strips of ${channels} channels`, () => {
      const photo = large(channels);

      expect(findBrightest(photo)).toBe(200);
      const { expected, nchw } = lookUpBoth(photo);
      expect(nchw).toEqual(expected);
      expect(expected).not.toContain(NaN);
    });
  }
});
