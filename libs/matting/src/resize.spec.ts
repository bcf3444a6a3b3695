import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyRaster, anySide, noise, raster } from '../test/rasters.js';
import { resizeReference } from '../test/reference/resize.js';
import { type Raster, resizeLanczos } from './index.js';

const anyPicture = anyRaster(1, 3, 4);

const mirror = ({ data, width, height, channels }: Raster): Raster => {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = data.subarray((y * width + x) * channels, (y * width + x + 1) * channels);
      mirrored.set(pixel, (y * width + width - 1 - x) * channels);
    }
  }
  return { data: mirrored, width, height, channels };
};

const channelOf = ({ data, width, height, channels }: Raster, channel: number): Raster => ({
  data: data.filter((_, i) => i % channels === channel),
  width,
  height,
  channels: 1,
});

const furthest = (a: Raster, b: Raster): number =>
  a.data.reduce((most, sample, i) => Math.max(most, Math.abs(sample - b.data[i]!)), 0);

describe('resizeLanczos', () => {
  it('keeps the channels and takes the size asked for', () => {
    fc.assert(
      fc.property(anyPicture, anySide, anySide, (picture, width, height) => {
        const resized = resizeLanczos(picture, width, height);

        expect(resized).toMatchObject({ width, height, channels: picture.channels });
        expect(resized.data).toHaveLength(width * height * picture.channels);
        expect(resized.data.buffer.byteLength).toBe(resized.data.length);
      }),
    );
  });

  it('returns an equal copy at the same size', () => {
    fc.assert(
      fc.property(anyPicture, (picture) => {
        const resized = resizeLanczos(picture, picture.width, picture.height);

        expect(resized).toEqual(picture);
        expect(resized.data.buffer).not.toBe(picture.data.buffer);
      }),
    );
  });

  it('does not change the source', () => {
    fc.assert(
      fc.property(anyPicture, anySide, anySide, (picture, width, height) => {
        const before = picture.data.slice();

        resizeLanczos(picture, width, height);

        expect(picture.data).toEqual(before);
      }),
    );
  });

  it('keeps a constant picture constant', () => {
    fc.assert(
      fc.property(
        anySide,
        anySide,
        anySide,
        anySide,
        fc.integer({ min: 0, max: 255 }),
        (w, h, width, height, grey) => {
          const resized = resizeLanczos(raster(w, h, 1, Array<number>(w * h).fill(grey)), width, height);

          expect(resized.data).toEqual(new Uint8Array(width * height).fill(grey));
        },
      ),
    );
  });

  it('spreads one pixel over the whole of the target', () => {
    const resized = resizeLanczos(raster(1, 1, 3, [9, 80, 255]), 2, 3);

    expect([...resized.data]).toEqual([
      9, 80, 255, 9, 80, 255, 9, 80, 255, 9, 80, 255, 9, 80, 255, 9, 80, 255,
    ]);
  });

  it('resizes rows, then columns', () => {
    fc.assert(
      fc.property(anyPicture, anySide, anySide, (picture, width, height) => {
        const rows = resizeLanczos(picture, width, picture.height);

        expect(resizeLanczos(picture, width, height)).toEqual(resizeLanczos(rows, width, height));
      }),
    );
  });

  it('resizes each channel as if it were alone', () => {
    fc.assert(
      fc.property(anyRaster(3, 4), anySide, anySide, (picture, width, height) => {
        const resized = resizeLanczos(picture, width, height);

        for (let channel = 0; channel < picture.channels; channel++) {
          const alone = resizeLanczos(channelOf(picture, channel), width, height);
          expect(channelOf(resized, channel)).toEqual(alone);
        }
      }),
    );
  });

  it('gives a mirrored picture a mirrored result, up to the rounding of a weight', () => {
    fc.assert(
      fc.property(anyPicture, anySide, anySide, (picture, width, height) => {
        const resized = resizeLanczos(picture, width, height);

        expect(furthest(mirror(resized), resizeLanczos(mirror(picture), width, height))).toBeLessThanOrEqual(
          1,
        );
      }),
    );
  });

  it('clips where the filter overshoots an edge', () => {
    const resized = resizeLanczos(raster(4, 1, 1, [0, 0, 255, 255]), 8, 1);

    expect([...resized.data]).toEqual([10, 0, 0, 54, 201, 255, 255, 245]);
  });

  it('reads a view into a larger buffer', () => {
    const bytes = Uint8Array.from([1, 2, 3, 10, 200, 30, 40, 50, 60]);
    const view: Raster = { data: bytes.subarray(3), width: 3, height: 2, channels: 1 };

    expect(resizeLanczos(view, 3, 5)).toEqual(
      resizeLanczos(raster(3, 2, 1, [10, 200, 30, 40, 50, 60]), 3, 5),
    );
  });

  it('refuses sizes that are not positive whole numbers', () => {
    const pixel = raster(1, 1, 1, [7]);

    expect(() => resizeLanczos(pixel, 0, 1)).toThrow(new RangeError('a raster cannot measure 0×1 pixels'));
    expect(() => resizeLanczos(pixel, 1, 1.5)).toThrow(
      new RangeError('a raster cannot measure 1×1.5 pixels'),
    );
    expect(() => resizeLanczos(pixel, NaN, 1)).toThrow(RangeError);
  });

  it('refuses data that do not fill the source', () => {
    expect(() => resizeLanczos(raster(2, 2, 3, [1, 2, 3]), 1, 1)).toThrow(
      new RangeError('a raster of 2×2 pixels with 3 channels takes 12 bytes, not 3'),
    );
  });
});

/** One pixel, sides within and beyond a vector and a block of rows, enlarged and shrunk. */
const anyTarget = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 24 }), fc.integer({ min: 25, max: 90 }));

/** Compares the samples at once: Jest's own comparison takes long over many. */
const expectReference = (picture: Raster, width: number, height: number): void => {
  const resized = resizeLanczos(picture, width, height);

  expect(resized).toMatchObject({ width, height, channels: picture.channels });
  expect(Buffer.compare(resized.data, resizeReference(picture, width, height).data)).toBe(0);
};

describe('the kernel of resizeLanczos', () => {
  it('gives the bytes of the reference', () => {
    fc.assert(
      fc.property(anyPicture, anyTarget, anyTarget, (picture, width, height) => {
        expectReference(picture, width, height);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the bytes of the reference over many blocks and whole vectors', () => {
    const photo: Raster = { data: noise(301 * 167 * 3), width: 301, height: 167, channels: 3 };

    for (const [width, height] of [
      [64, 64],
      [301, 60],
      [90, 167],
      [333, 200],
      [1, 1],
    ] as const)
      expectReference(photo, width, height);
  });

  it('gives the bytes of the reference inside flat areas and at their edges', () => {
    const [width, height] = [60, 50];
    const data = new Uint8Array(width * height);
    for (let y = 10; y < 40; y++) data.fill(y < 25 ? 255 : 97, y * width + 8, y * width + 47);
    const mask: Raster = { data, width, height, channels: 1 };

    expectReference(mask, 301, 233);
    expectReference(mask, 33, 21);
  });

  it('gives the bytes of the reference when a tall picture is shrunk strip by strip', () => {
    const tall: Raster = { data: noise(1370 * 9000 * 3), width: 1370, height: 9000, channels: 3 };

    expectReference(tall, 1370, 1);
  });

  it('shrinks a tall flat picture to one flat row', () => {
    const tall: Raster = {
      data: new Uint8Array(1000 * 9000 * 4).fill(7),
      width: 1000,
      height: 9000,
      channels: 4,
    };

    expect(resizeLanczos(tall, 1000, 1).data).toEqual(new Uint8Array(4000).fill(7));
  });
});
