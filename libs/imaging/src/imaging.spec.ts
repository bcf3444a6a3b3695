import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { deflateSync } from 'node:zlib';
import { bombPng, hollowJpeg, hollowPng, hollowWebp, noise, toPng, writePng } from '#test/pictures';
import { decode, encode, ImageError, probe, verify, type ImageFault } from './index.js';

const flat = (width: number, height: number, background: string, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background } });

const maxSide = 65_535;
const largeWebp = await hollowWebp(16_383, 16_383);
const largeJpeg = await hollowJpeg(65_535, 65_535);

const errorOf = async (work: Promise<unknown>): Promise<ImageError> => {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof ImageError) return error;
  throw error;
};

const kindOf = async (work: Promise<unknown>): Promise<ImageFault> => (await errorOf(work)).kind;

describe('probe', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('detects a %s by its bytes', async (format) => {
    const found = await probe(await flat(7, 5, 'red').toFormat(format).toBuffer(), maxSide);
    expect([found.width, found.height]).toEqual([7, 5]);
    expect(found.contentType).toBe(`image/${format}`);
  });

  it('refuses other formats under any name', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const tiff = await flat(7, 5, 'red').tiff().toBuffer();
    for (const bytes of [svg, tiff, Buffer.from('just text'), Buffer.alloc(0)]) {
      expect(await kindOf(probe(bytes, maxSide))).toBe('unsupportedFormat');
    }
  });

  it('refuses an image of 900 megapixels by its header', async () => {
    expect(await kindOf(probe(bombPng(), maxSide))).toBe('tooLarge');
  });

  it('accepts sides up to the limit', async () => {
    const found = await probe(writePng(maxSide, 1), maxSide);
    expect([found.width, found.height]).toEqual([maxSide, 1]);
    await probe(writePng(1, 64), 64);
  });

  it.each([
    [hollowPng(65_536, 1), 'The image measures 65536 × 1 pixels; a side may have 65535 at most.'],
    [hollowPng(1, 50_000_000), 'The image measures 1 × 50000000 pixels; a side may have 65535 at most.'],
    [hollowPng(7_072, 7_072), 'The image measures 7072 × 7072 pixels; it may have 50000000 in all.'],
    [largeWebp, 'The image measures 16383 × 16383 pixels; it may have 50000000 in all.'],
    [largeJpeg, 'The JPEG has a side of more than 65500 pixels.'],
  ])('names the limit and the size that a header claims', async (bytes, message) => {
    const error = await errorOf(probe(bytes, maxSide));
    expect([error.kind, error.message]).toEqual(['tooLarge', message]);
    expect(error.facts).toEqual({
      max: Number(/\d+(?= at most| in all| pixels\.)/.exec(message)?.[0]),
    });
  });

  it('refuses sides of zero and sides above the limit of PNG', async () => {
    expect(await kindOf(probe(hollowPng(0, 10), maxSide))).toBe('damaged');
    for (const side of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      const kind = await kindOf(probe(hollowPng(side, 1), maxSide));
      expect(['damaged', 'tooLarge']).toContain(kind);
    }
  });
});

describe('a file that is larger than it looks', () => {
  const zeros = deflateSync(Buffer.alloc(2 ** 28));
  const text = Buffer.concat([Buffer.from('Comment\0\0'), zeros]);
  const xmp = Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'), zeros]);
  const tiff = Buffer.concat([Buffer.from('MM\0*\0\0\0\x08', 'latin1'), Buffer.alloc(2 ** 24)]);

  it.each<[string, [string, Buffer][]]>([
    ['zTXt', Array.from({ length: 8 }, () => ['zTXt', text])],
    ['iTXt', [['iTXt', xmp]]],
    ['iCCP', [['iCCP', Buffer.concat([Buffer.from('icc\0\0'), zeros])]]],
    ['eXIf', [['eXIf', tiff]]],
  ])('is decoded without the unpacked content of its %s', async (_, extra) => {
    const bytes = writePng(8, 8, { extra });
    const rssBefore = process.memoryUsage().rss;
    await probe(bytes, maxSide);
    await verify(bytes);
    expect((await decode(bytes)).data).toHaveLength(8 * 8 * 3);
    // libvips copies metadata a few times in each of the three calls, but never what it would unpack to.
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(2 ** 27 + 16 * bytes.length);
  });

  it('is decoded without rows that follow the last', async () => {
    const bytes = writePng(8, 8, { rows: Buffer.alloc(2 ** 27) });
    await verify(bytes);
    expect((await decode(bytes)).data).toHaveLength(8 * 8 * 3);
  });

  it('is decoded to its first frame', async () => {
    const frames = { width: 40, height: 30 * 200, channels: 3, background: 'red', pageHeight: 30 } as const;
    const bytes = await sharp({ create: frames }).webp({ loop: 0 }).toBuffer();
    const { width, height } = await probe(bytes, maxSide);
    const photo = await decode(bytes);
    expect([width, height, photo.width, photo.height]).toEqual([40, 30, 40, 30]);
  });

  it.each([false, true])('is refused when pixels are missing, interlaced: %s', async (interlaced) => {
    const bytes = writePng(7_000, 7_000, { bits: 16, colourType: 6, interlaced, rows: Buffer.alloc(1_000) });
    await probe(bytes, maxSide);
    expect(await kindOf(verify(bytes))).toBe('damaged');
    expect(await kindOf(decode(bytes))).toBe('damaged');
  });
});

describe('decode', () => {
  it('refuses a file that ends early, as verify does', async () => {
    const whole = await toPng(noise(200, 200));
    const cut = whole.subarray(0, whole.length / 2);
    expect(await kindOf(decode(cut))).toBe('damaged');
    expect(await kindOf(verify(cut))).toBe('damaged');
    await verify(whole);
  });

  it('turns the photo upright as EXIF says', async () => {
    const sideways = await flat(30, 20, 'red').jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const photo = await decode(sideways);
    expect([photo.width, photo.height, photo.channels]).toEqual([20, 30, 3]);
  });

  it('returns three 8-bit channels for grey, 16-bit and CMYK images', async () => {
    const grey = await flat(4, 4, '#808080').toColourspace('b-w').png().toBuffer();
    const deep = await flat(4, 4, '#ff8000').toColourspace('rgb16').png().toBuffer();
    const cmyk = await flat(4, 4, '#ff8000').toColourspace('cmyk').jpeg().toBuffer();
    for (const bytes of [grey, deep, cmyk]) {
      const photo = await decode(bytes);
      expect([photo.channels, photo.data.length]).toEqual([3, 4 * 4 * 3]);
    }
    expect((await decode(deep)).data.subarray(0, 3)).toEqual(Buffer.from([255, 128, 0]));
  });

  // Node shares the memory of small buffers, and from 22 on refuses to transfer the external memory of large ones.
  it.each([1, 40, 2000])(
    'returns pixels that can be transferred to another thread, with a side of %i',
    async (size) => {
      const { data } = await decode(await flat(size, size, 'red').png().toBuffer());
      expect(data.byteLength).toBe(data.buffer.byteLength);
      const taken = structuredClone(data, { transfer: [data.buffer] });
      expect([taken.length, taken[0], data.length]).toEqual([size * size * 3, 255, 0]);
    },
  );

  it('keeps the alpha of an image that has one', async () => {
    const photo = await decode(await flat(3, 3, '#ff000080', 4).png().toBuffer());
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
