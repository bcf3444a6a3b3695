import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, anyRasterOf, noise, raster } from '../test/rasters.js';
import { cutReference } from '../test/reference/cutout.js';
import { cutout, type Raster } from './index.js';

const evenMask = ({ width, height }: Raster, sample: number): Raster => ({
  data: new Uint8Array(width * height).fill(sample),
  width,
  height,
  channels: 1,
});

const pixelsOf = ({ data, channels }: Raster): number[][] =>
  Array.from({ length: data.length / channels }, (_, i) => [
    ...data.subarray(i * channels, (i + 1) * channels),
  ]);

const anyPhotoAndMask = anyRaster(3, 4).chain((photo) =>
  fc.tuple(fc.constant(photo), anyRasterOf(photo.width, photo.height, 1)),
);

/** One row of a photo and its mask, which has long runs of 0 and 255. */
const anyRow = fc
  .tuple(fc.integer({ min: 1, max: 70 }), fc.constantFrom(3 as const, 4 as const))
  .chain(([width, channels]) => fc.tuple(anyRasterOf(width, 1, channels), anyRasterOf(width, 1, 1)));

describe('cutout', () => {
  it('gives the bytes of the reference', () => {
    fc.assert(
      fc.property(anyRow, ([photo, mask]) => {
        expect(cutout(photo, mask).data).toEqual(cutReference(photo, mask));
      }),
      { numRuns: 300 },
    );
  });

  for (const channels of [3, 4] as const) {
    it(`gives the bytes of the reference over several strips of ${channels} channels, one all background`, () => {
      const width = 30_011;
      const photo: Raster = { data: noise(width * channels), width, height: 1, channels };
      const mask: Raster = { data: noise(width).fill(0, 5000, 20_000), width, height: 1, channels: 1 };

      expect(Buffer.compare(cutout(photo, mask).data, cutReference(photo, mask))).toBe(0);
    });
  }

  it('gives the same in memory that holds other pixels, and is larger than needed', () => {
    const [width, height] = [200, 150];
    const photo: Raster = {
      data: Uint8Array.from({ length: 3 * width * height }, (_, i) => i % 251),
      width,
      height,
      channels: 3,
    };
    // The strips at the top and at the bottom are background.
    const mask = evenMask(photo, 0);
    mask.data.fill(200, 70 * width, 80 * width);
    const spare = new Uint8Array(5 * width * height).fill(77).buffer;
    const cut = cutout(photo, mask, spare);
    expect(cut.data.buffer).toBe(spare);
    expect(Buffer.compare(cut.data, cutout(photo, mask).data)).toBe(0);
  });

  it('is the opaque photo under a full mask', () => {
    fc.assert(
      fc.property(anyRaster(3), (photo) => {
        const cut = cutout(photo, evenMask(photo, 255));

        expect(cut).toMatchObject({ width: photo.width, height: photo.height, channels: 4 });
        expect(pixelsOf(cut)).toEqual(pixelsOf(photo).map((rgb) => [...rgb, 255]));
      }),
    );
  });

  it('is all zero under an empty mask', () => {
    fc.assert(
      fc.property(anyRaster(3, 4), (photo) => {
        expect(cutout(photo, evenMask(photo, 0)).data.every((sample) => sample === 0)).toBe(true);
      }),
    );
  });

  it('copies the colours of visible pixels unweighted', () => {
    fc.assert(
      fc.property(anyPhotoAndMask, ([photo, mask]) => {
        const before = pixelsOf(photo);

        pixelsOf(cutout(photo, mask)).forEach(([red, green, blue, alpha], i) => {
          const [r, g, b, own = 255] = before[i]!;
          expect(alpha).toBe(Math.round((own * mask.data[i]!) / 255));
          expect([red, green, blue]).toEqual(alpha === 0 ? [0, 0, 0] : [r, g, b]);
        });
      }),
    );
  });

  it('keeps the holes of an RGBA photo', () => {
    const photo = raster(3, 1, 4, [10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255]);

    const cut = cutout(photo, evenMask(photo, 255));

    expect(pixelsOf(cut)).toEqual([
      [0, 0, 0, 0],
      [40, 50, 60, 128],
      [70, 80, 90, 255],
    ]);
  });

  it('refuses a mask of another size', () => {
    const photo = raster(2, 1, 3, [1, 2, 3, 4, 5, 6]);

    expect(() => cutout(photo, raster(1, 2, 1, [255, 255]))).toThrow(
      new RangeError('a mask of 1×2 pixels does not fit a photo of 2×1'),
    );
  });

  it('refuses a mask of more than one channel and a photo of fewer than three', () => {
    const photo = raster(1, 1, 3, [1, 2, 3]);

    expect(() => cutout(photo, photo)).toThrow(
      new RangeError('a raster of 3 channels cannot stand for one of 1'),
    );
    expect(() => cutout(evenMask(photo, 1), evenMask(photo, 1))).toThrow(RangeError);
  });

  it('refuses data that do not fill the photo', () => {
    expect(() => cutout(raster(1, 1, 3, [1]), raster(1, 1, 1, [255]))).toThrow(
      new RangeError('a raster of 1×1 pixels with 3 channels takes 3 bytes, not 1'),
    );
  });
});
