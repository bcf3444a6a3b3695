import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster } from '../../test/rasters.js';
import { brightestPlain, lookUpPlain, type Tables } from '../plain/tensor.js';
import type { Raster } from '../raster.js';
import { brightestSimd, lookUpSimd, tensorKernel } from './tensor.js';

const table = (step: number) => Float32Array.from({ length: 256 }, (_, sample) => (sample * step) / 7);
const tables: Tables = [table(1), table(-2), table(3)];

const dark = (photo: Raster): Raster => ({ ...photo, data: photo.data.map((sample) => sample >> 1) });

const large = (channels: 3 | 4): Raster => ({
  data: Uint8Array.from(
    { length: 99 * 101 * channels },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 24) % 201,
  ),
  width: 99,
  height: 101,
  channels,
});

/** The tensor of both, the plain one first; what was there before must not matter. */
const lookUpBoth = (photo: Raster) => {
  const empty = () => new Float32Array(3 * photo.width * photo.height).fill(NaN);
  const [expected, nchw] = [empty(), empty()];
  lookUpPlain(photo, tables, expected);
  lookUpSimd(tensorKernel!, photo, tables, nchw);
  return { expected, nchw };
};

describe('the tensor in WebAssembly', () => {
  it('finds the brightest sample that the plain arithmetic finds', () => {
    fc.assert(
      fc.property(anyRaster(3, 4).map(dark), (photo) => {
        expect(brightestSimd(tensorKernel!, photo)).toBe(brightestPlain(photo));
      }),
    );
  });

  it('looks up what it looks up', () => {
    fc.assert(
      fc.property(anyRaster(3, 4), (photo) => {
        const { expected, nchw } = lookUpBoth(photo);
        expect(nchw).toEqual(expected);
      }),
    );
  });

  for (const channels of [3, 4] as const) {
    it(`agrees over several strips of ${channels} channels`, () => {
      const photo = large(channels);

      expect(brightestSimd(tensorKernel!, photo)).toBe(200);
      const { expected, nchw } = lookUpBoth(photo);
      expect(nchw).toEqual(expected);
      expect(expected).not.toContain(NaN);
    });
  }
});
