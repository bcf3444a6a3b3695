import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRasterOf } from '../../test/rasters.js';
import { cutPlain } from '../plain/cutout.js';
import type { Raster } from '../raster.js';
import { cutoutKernel, cutSimd } from './cutout.js';

/** One row of a photo and its mask, which has long runs of 0 and 255. */
const anyPhotoAndMask = fc
  .tuple(fc.integer({ min: 1, max: 70 }), fc.constantFrom(3 as const, 4 as const))
  .chain(([width, channels]) => fc.tuple(anyRasterOf(width, 1, channels), anyRasterOf(width, 1, 1)));

const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);

it('cuts out in WebAssembly what the plain arithmetic cuts out', () => {
  fc.assert(
    fc.property(anyPhotoAndMask, ([photo, mask]) => {
      expect(cutSimd(cutoutKernel!, photo, mask)).toEqual(cutPlain(photo, mask));
    }),
    { numRuns: 300 },
  );
});

for (const channels of [3, 4] as const) {
  it(`agrees over several strips of ${channels} channels, of which one is background`, () => {
    const width = 30_011;
    const photo: Raster = { data: noise(width * channels), width, height: 1, channels };
    const mask: Raster = { data: noise(width).fill(0, 5000, 20_000), width, height: 1, channels: 1 };

    expect(Buffer.compare(cutSimd(cutoutKernel!, photo, mask), cutPlain(photo, mask))).toBe(0);
  });
}
