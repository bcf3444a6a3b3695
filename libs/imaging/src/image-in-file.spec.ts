import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import type { ImageBytes } from '#contract';
import { manyScans, noise, toJpeg, toPng, toWebp } from '#test/pictures';
import { limitsOf, probe, requireEnd } from './index.js';

const MB = 1024 * 1024;
const limits = limitsOf({ MAX_IMAGE_SIDE: 65_535, MAX_IMAGE_MEGAPIXELS: 50 });

/** An image in a file, and the most bytes that were read of it at once. */
const inFile = (bytes: Buffer) => {
  const seen = { most: 0 };
  const image: ImageBytes = {
    length: bytes.length,
    read: async (start, end, scratch) => {
      const part = bytes.subarray(start, end);
      seen.most = Math.max(seen.most, part.length);
      if (!scratch) return Buffer.from(part);
      part.copy(scratch);
      return scratch.subarray(0, part.length);
    },
  };
  return { image, seen };
};

const outcomeOf = async (image: Uint8Array | ImageBytes) => {
  try {
    const found = await probe(image, limits);
    await requireEnd(image);
    return found;
  } catch (error) {
    return (error as Error).message;
  }
};

const png = await toPng(noise(900, 900));
const jpeg = await toJpeg(noise(1500, 1500));
/** Several megabytes of headers. */
const headers = Buffer.concat(
  Array.from({ length: 30 }, () =>
    Buffer.concat([Buffer.from('ffe7fff0', 'hex'), Buffer.alloc(0xffee, 'x')]),
  ),
);
const files: readonly (readonly [string, Buffer])[] = [
  ['PNG', png],
  ['PNG of many small chunks', await sharp(png).png({ progressive: true, compressionLevel: 1 }).toBuffer()],
  ['JPEG', jpeg],
  ['progressive JPEG', await sharp(jpeg).jpeg({ progressive: true, quality: 95 }).toBuffer()],
  ['JPEG with long headers', Buffer.concat([jpeg.subarray(0, 2), headers, jpeg.subarray(2)])],
  ['JPEG of too many scans', Buffer.concat([manyScans(64, 64, 150), Buffer.alloc(2 * MB)])],
  ['WEBP', await sharp(png).webp({ quality: 100, lossless: true }).toBuffer()],
  ['text', Buffer.alloc(2 * MB, 'hello ')],
  ['small WEBP', await toWebp(noise(200, 150))],
];

describe.each(files)('a file that is a %s', (_, bytes) => {
  it('is judged as the same bytes in memory', async () => {
    const { image } = inFile(bytes);
    expect(await outcomeOf(image)).toEqual(await outcomeOf(bytes));
  });

  it('is judged as the same bytes in memory where it is damaged', async () => {
    const near = fc.nat({ max: 2_000 });
    const anywhere = fc.nat({ max: bytes.length - 1 });
    const faults = fc.array(fc.tuple(fc.oneof(near, anywhere), fc.nat({ max: 255 })), { maxLength: 4 });
    const ends = fc.oneof(fc.constant(bytes.length), near, anywhere);
    await fc.assert(
      fc.asyncProperty(faults, ends, async (changes, end) => {
        const damaged = Buffer.from(bytes.subarray(0, end));
        for (const [at, value] of changes) if (at < end) damaged[at] = value;
        expect(await outcomeOf(inFile(damaged).image)).toEqual(await outcomeOf(damaged));
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

it('reads no large PNG or JPEG as a whole', async () => {
  for (const bytes of [png, jpeg]) {
    expect(bytes.length).toBeGreaterThan(1.5 * MB);
    const { image, seen } = inFile(bytes);
    await outcomeOf(image);
    expect(seen.most).toBeLessThanOrEqual(256 * 1024);
  }
});
