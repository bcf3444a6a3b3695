import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { TaskError, type ProblemCode } from '#contract';
import { bombPng, noise, toPng } from '#test/pictures';
import { decode, encode, probe, verify } from './index.js';

const flat = (width: number, height: number, background: string, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background } });

const codeOf = async (work: Promise<unknown>): Promise<ProblemCode> => {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof TaskError) return error.code;
  throw error;
};

describe('probe', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('knows a %s by its bytes', async (format) => {
    const found = await probe(await flat(7, 5, 'red').toFormat(format).toBuffer(), 'inputImage');
    expect([found.width, found.height]).toEqual([7, 5]);
    expect(found.contentType).toBe(`image/${format}`);
  });

  it('refuses other formats, whatever they are called', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const tiff = await flat(7, 5, 'red').tiff().toBuffer();
    for (const bytes of [svg, tiff, Buffer.from('just text'), Buffer.alloc(0)]) {
      expect(await codeOf(probe(bytes, 'inputImage'))).toBe('unsupportedImageFormat');
    }
  });

  it('refuses an image of 900 megapixels by its header', async () => {
    expect(await codeOf(probe(bombPng(), 'inputImage'))).toBe('maxImageSizeExceeded');
  });
});

describe('decode', () => {
  it('refuses a file that ends early, as verify does', async () => {
    const whole = await toPng(noise(200, 200));
    const cut = whole.subarray(0, whole.length / 2);
    expect(await codeOf(decode(cut, 'inputImage'))).toBe('invalidInputImage');
    expect(await codeOf(verify(cut, 'image'))).toBe('invalidInputImage');
    await verify(whole, 'image');
  });

  it('turns the photo upright as EXIF says', async () => {
    const sideways = await flat(30, 20, 'red').jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const photo = await decode(sideways, 'inputImage');
    expect([photo.width, photo.height, photo.channels]).toEqual([20, 30, 3]);
  });

  it('gives three 8-bit channels for grey, 16-bit and CMYK images', async () => {
    const grey = await flat(4, 4, '#808080').toColourspace('b-w').png().toBuffer();
    const deep = await flat(4, 4, '#ff8000').toColourspace('rgb16').png().toBuffer();
    const cmyk = await flat(4, 4, '#ff8000').toColourspace('cmyk').jpeg().toBuffer();
    for (const bytes of [grey, deep, cmyk]) {
      const photo = await decode(bytes, 'inputImage');
      expect([photo.channels, photo.data.length]).toEqual([3, 4 * 4 * 3]);
    }
    expect((await decode(deep, 'inputImage')).data.subarray(0, 3)).toEqual(Buffer.from([255, 128, 0]));
  });

  // Node shares the memory of small buffers, and from 22 on refuses to transfer the external memory of large ones.
  it.each([1, 40, 2000])('gives pixels of a side of %i that another thread can take over', async (size) => {
    const { data } = await decode(await flat(size, size, 'red').png().toBuffer(), 'inputImage');
    expect(data.byteLength).toBe(data.buffer.byteLength);
    const taken = structuredClone(data, { transfer: [data.buffer] });
    expect([taken.length, taken[0], data.length]).toEqual([size * size * 3, 255, 0]);
  });

  it('keeps the alpha of an image that has one', async () => {
    const photo = await decode(await flat(3, 3, '#ff000080', 4).png().toBuffer(), 'inputImage');
    expect(photo.channels).toBe(4);
    expect(photo.data[3]).toBe(128);
  });
});

describe('encode', () => {
  const half = {
    data: Uint8Array.from([200, 100, 50, 255, 0, 0, 0, 0]),
    width: 2,
    height: 1,
    channels: 4,
  } as const;

  it('keeps straight alpha in PNG', async () => {
    const raw = await sharp(await encode(half, { format: 'PNG', quality: 95 }))
      .raw()
      .toBuffer();
    expect([...raw]).toEqual([200, 100, 50, 255, 0, 0, 0, 0]);
  });

  it('keeps the alpha channel in WEBP', async () => {
    const raw = await sharp(await encode(half, { format: 'WEBP', quality: 95 }))
      .raw()
      .toBuffer();
    expect([raw[3], raw[7]]).toEqual([255, 0]);
  });

  it('flattens JPG on white', async () => {
    const wide = { data: new Uint8Array(64 * 64 * 4), width: 64, height: 64, channels: 4 } as const;
    const raw = await sharp(await encode(wide, { format: 'JPG', quality: 95 }))
      .raw()
      .toBuffer();
    expect(Math.min(...raw)).toBeGreaterThanOrEqual(254);
  });

  it.each(['PNG', 'JPG'] as const)('keeps a mask one channel in %s', async (format) => {
    const mask = { data: new Uint8Array(64).fill(200), width: 8, height: 8, channels: 1 } as const;
    const bytes = await encode(mask, { format, quality: 95 });
    const { channels, space } = await sharp(bytes).metadata();
    expect([channels, space]).toEqual([1, 'b-w']);
    const data = await sharp(bytes).raw().toBuffer();
    expect(Math.abs((data[0] ?? 0) - 200)).toBeLessThanOrEqual(1);
  });
});
