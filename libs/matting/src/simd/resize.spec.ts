import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster } from '../../test/rasters.js';
import { kernel, type Raster, resizeLanczos } from '../index.js';
import { resizePlain } from '../plain/resize.js';
import { resizeKernel, resizeSimd } from './resize.js';

const anyPicture = anyRaster(1, 3, 4);

/** Samples by one comparison; Jest's own takes long over many. */
const equal = (a: Raster | undefined, b: Raster): boolean =>
  a !== undefined && Buffer.compare(a.data, b.data) === 0;

/** One pixel, sides within and beyond a vector and a block of rows, enlarged and shrunk. */
const anyTarget = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 24 }), fc.integer({ min: 25, max: 90 }));

describe('the resize in WebAssembly', () => {
  it('is what this machine uses', () => {
    expect(kernel).toBe('wasm-simd');
  });

  it('agrees with the plain one to the byte', () => {
    fc.assert(
      fc.property(anyPicture, anyTarget, anyTarget, (picture, width, height) => {
        const fast = resizeSimd(resizeKernel!, picture, width, height);

        expect(fast).toMatchObject({ width, height, channels: picture.channels });
        expect(equal(fast, resizePlain(picture, width, height))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with it over many blocks and whole vectors', () => {
    const data = Uint8Array.from({ length: 301 * 167 * 3 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
    const photo: Raster = { data, width: 301, height: 167, channels: 3 };

    for (const [width, height] of [
      [64, 64],
      [301, 60],
      [90, 167],
      [333, 200],
      [1, 1],
    ] as const) {
      const fast = resizeSimd(resizeKernel!, photo, width, height);
      expect(equal(fast, resizePlain(photo, width, height))).toBe(true);
    }
  });

  it('agrees where the picture is flat, and at the edges of the flat', () => {
    const [width, height] = [60, 50];
    const data = new Uint8Array(width * height);
    for (let y = 10; y < 40; y++) data.fill(y < 25 ? 255 : 97, y * width + 8, y * width + 47);
    const mask: Raster = { data, width, height, channels: 1 };

    expect(equal(resizeSimd(resizeKernel!, mask, 301, 233), resizePlain(mask, 301, 233))).toBe(true);
    expect(equal(resizeSimd(resizeKernel!, mask, 33, 21), resizePlain(mask, 33, 21))).toBe(true);
  });

  it('leaves the shrinking of a tall picture to the plain one where its rows would fill the memory', () => {
    const data = new Uint8Array(9000 * 1000 * 4).fill(7);
    const strip: Raster = { data, width: 1000, height: 9000, channels: 4 };

    expect(resizeSimd(resizeKernel!, strip, 1000, 1)).toBeUndefined();
    expect(resizeLanczos(strip, 1000, 1).data).toEqual(new Uint8Array(4000).fill(7));
  });
});
