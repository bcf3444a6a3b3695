import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { deflateSync } from 'node:zlib';
import {
  bombPng,
  disc,
  hollowJpeg,
  hollowPng,
  hollowWebp,
  manyScans,
  noise,
  toJpeg,
  toPng,
  toWebp,
  withExtraByte,
  withOddScan,
  writePng,
} from '#test/pictures';
import { decode, encode, ImageError, limitsOf, probe, requireEnd, type ImageFault } from './index.js';

const flat = (width: number, height: number, background: string, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background } });

const maxSide = 65_535;
const limits = limitsOf({ MAX_IMAGE_SIDE: maxSide, MAX_IMAGE_MEGAPIXELS: 50 });
const largeWebp = await hollowWebp(16_383, 16_383);
const largeJpeg = await hollowJpeg(65_535, 65_535);

const jpeg = await toJpeg(noise(200, 150));
const progressive = await sharp(jpeg).jpeg({ progressive: true }).toBuffer();
const interlaced = await sharp(jpeg).png({ progressive: true }).toBuffer();
const end = Buffer.from([0xff, 0xd9]);

const files: [string, Buffer][] = [
  ['JPEG', jpeg],
  ['progressive JPEG', progressive],
  ['JPEG with odd parameters of its scan', withOddScan(jpeg)],
  ['JPEG with a flat end', withOddScan(await toJpeg(disc(96, 72)))],
  ['JPEG with a byte between two segments', withExtraByte(jpeg)],
  ['PNG', await toPng(noise(200, 150))],
  ['interlaced PNG', interlaced],
  ['WEBP', await toWebp(noise(200, 150))],
  ['lossy WEBP', await sharp(jpeg).webp().toBuffer()],
];
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
const short = (bytes: Buffer) => bytes.subarray(0, -20);
const ended = (bytes: Buffer) => Buffer.concat([bytes, end]);

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
    const found = await probe(await flat(7, 5, 'red').toFormat(format).toBuffer(), limits);
    expect([found.width, found.height]).toEqual([7, 5]);
    expect(found.contentType).toBe(`image/${format}`);
  });

  it('refuses other formats under any name', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const tiff = await flat(7, 5, 'red').tiff().toBuffer();
    for (const bytes of [svg, tiff, Buffer.from('just text'), Buffer.alloc(0)]) {
      expect(await kindOf(probe(bytes, limits))).toBe('unsupportedFormat');
    }
  });

  const brand = (name: string) => Buffer.from(`\0\0\0\x18ftyp${name}\0\0\0\0mif1${name}`, 'latin1');
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';

  it.each<[string, Buffer]>([
    ['GIF', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0\0\0\0\0', 'latin1')],
    ['BMP', Buffer.from(`BM${'\0'.repeat(60)}`)],
    ['HEIC', brand('heic')],
    ['AVIF', brand('avif')],
    ['PDF', Buffer.from('%PDF-1.7\n')],
    ['ZIP', Buffer.from(`PK\x03\x04${'\0'.repeat(60)}`)],
    ['SVG', Buffer.from(svg)],
    ['SVG', Buffer.from(`\uFEFF<?xml version="1.0"?>\n<!-- drawn -->\n${svg}`)],
    ['HTML', Buffer.from('\n<!DOCTYPE html><title>Not found</title>')],
    ['JSON', Buffer.from('{"error":"not found"}')],
  ])('names a %s that arrived instead', async (name, bytes) => {
    const { kind, message } = await errorOf(probe(bytes, limits));
    expect([kind, message]).toEqual([
      'unsupportedFormat',
      `The image is of type ${name}, not PNG, JPEG or WEBP.`,
    ]);
  });

  it('says that an image is empty, or of no known type', async () => {
    const messages = [Buffer.alloc(0), Buffer.from('just text'), Buffer.from('BM')].map(
      async (bytes) => (await errorOf(probe(bytes, limits))).message,
    );
    expect(await Promise.all(messages)).toEqual([
      'The image is empty.',
      'The image is not a PNG, JPEG or WEBP.',
      expect.stringMatching(/^The image is .+\.$/),
    ]);
  });

  it('refuses an image of 900 megapixels by its header', async () => {
    expect(await kindOf(probe(bombPng(), limits))).toBe('tooLarge');
  });

  it('accepts sides up to the limit', async () => {
    const found = await probe(writePng(maxSide, 1), limits);
    expect([found.width, found.height]).toEqual([maxSide, 1]);
    await probe(writePng(1, 64), { ...limits, maxSide: 64 });
  });

  it.each([
    [hollowPng(65_536, 1), 'The image measures 65536 × 1 pixels; a side may have 65535 at most.'],
    [hollowPng(1, 50_000_000), 'The image measures 1 × 50000000 pixels; a side may have 65535 at most.'],
    [hollowPng(7_300, 7_300), 'The image measures 7300 × 7300 pixels; it may have 52428800 in all.'],
    [largeWebp, 'The image measures 16383 × 16383 pixels; it may have 52428800 in all.'],
    [largeJpeg, 'The JPEG has a side of more than 65500 pixels.'],
  ])('names the limit and the size that a header claims', async (bytes, message) => {
    const error = await errorOf(probe(bytes, limits));
    expect([error.kind, error.message]).toEqual(['tooLarge', message]);
    expect(error.facts).toEqual({
      max: Number(/\d+(?= at most| in all| pixels\.)/.exec(message)?.[0]),
    });
  });

  it('refuses sides of zero and sides above the limit of PNG', async () => {
    expect(await kindOf(probe(hollowPng(0, 10), limits))).toBe('damaged');
    for (const side of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      const kind = await kindOf(probe(hollowPng(side, 1), limits));
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
    await probe(bytes, limits);
    await requireEnd(bytes);
    expect((await decode(bytes, limits)).data).toHaveLength(8 * 8 * 3);
    // libvips copies metadata a few times in each of the three calls, but never what it would unpack to.
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(2 ** 27 + 16 * bytes.length);
  });

  it('is decoded without rows that follow the last', async () => {
    const bytes = writePng(8, 8, { rows: Buffer.alloc(2 ** 27) });
    await requireEnd(bytes);
    expect((await decode(bytes, limits)).data).toHaveLength(8 * 8 * 3);
  });

  it('is decoded to its first frame', async () => {
    const frames = { width: 40, height: 30 * 200, channels: 3, background: 'red', pageHeight: 30 } as const;
    const bytes = await sharp({ create: frames }).webp({ loop: 0 }).toBuffer();
    const { width, height } = await probe(bytes, limits);
    const photo = await decode(bytes, limits);
    expect([width, height, photo.width, photo.height]).toEqual([40, 30, 40, 30]);
  });

  it.each([false, true])('is refused when pixels are missing, interlaced: %s', async (interlaced) => {
    const bytes = writePng(7_000, 7_000, { bits: 16, colourType: 6, interlaced, rows: Buffer.alloc(1_000) });
    await probe(bytes, limits);
    expect(await kindOf(decode(bytes, limits))).toBe('damaged');
  });
});

describe('an odd file that viewers show', () => {
  it.each<[string, Buffer, Buffer]>([
    ['a JPEG with odd parameters of its scan', withOddScan(jpeg), jpeg],
    ['a JPEG with a byte between two segments', withExtraByte(jpeg), jpeg],
    ['a JPEG with both', withExtraByte(withOddScan(jpeg)), jpeg],
    [
      'a JPEG with bytes before its end marker',
      Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(9), end]),
      jpeg,
    ],
    ['a JPEG with bytes behind its end', Buffer.concat([jpeg, Buffer.alloc(99)]), jpeg],
    [
      'a PNG with a profile that is none',
      writePng(9, 9, { extra: [['iCCP', Buffer.from('icc')]] }),
      writePng(9, 9),
    ],
    ['a PNG without its end chunk', writePng(9, 9).subarray(0, -12), writePng(9, 9)],
  ])('is decoded to the pixels of a plain one: %s', async (_, odd, plain) => {
    await probe(odd, limits);
    await requireEnd(odd);
    expect(await decode(odd, limits)).toEqual(await decode(plain, limits));
  });

  it.each(files)('is refused when it is cut at the half, or by 20 bytes: %s', async (_, bytes) => {
    for (const cut of [half(bytes), short(bytes)]) expect(await kindOf(requireEnd(cut))).toBe('damaged');
    for (const cut of [half(bytes), short(bytes), ended(half(bytes))])
      expect(await kindOf(decode(cut, limits))).toBe('damaged');
  });
});

describe('the check for an end', () => {
  const MB = 1024 * 1024;
  const jpegOf = (body: Buffer) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2]), body]);
  const chunk = Buffer.from('\0\0\0\0IDAT\0\0\0\0', 'latin1');
  const signature = writePng(9, 9).subarray(0, 8);

  it.each<[string, Buffer]>([
    ['fill bytes', jpegOf(Buffer.alloc(47 * MB, 0xff))],
    ['tiny segments', jpegOf(Buffer.alloc(47 * MB, Buffer.from([0xff, 0xfe, 0, 2])))],
    ['stuffed zeros', jpegOf(Buffer.alloc(47 * MB, Buffer.from([0xff, 0])))],
    ['empty chunks', Buffer.concat([signature, Buffer.alloc(47 * MB, chunk), Buffer.from('x')])],
  ])('lets other work run while it reads 47 MB of %s', async (_, bytes) => {
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    expect(await kindOf(requireEnd(bytes))).toBe('damaged');
    clearInterval(counting);
    expect(turns).toBeGreaterThan(0);
  });

  it('does not take the end of a thumbnail for that of the file', async () => {
    const thumbnail = Buffer.from([0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9]);
    expect(
      await kindOf(requireEnd(Buffer.concat([half(jpeg).subarray(0, 2), thumbnail, half(jpeg).subarray(2)]))),
    ).toBe('damaged');
  });
});

describe('a JPEG of many scans', () => {
  it('is decoded up to 100 scans', async () => {
    const bytes = manyScans(800, 600, 100);
    await probe(bytes, limits);
    expect((await decode(bytes, limits)).data.every((sample) => sample === 128)).toBe(true);
  });

  it.each([101, 883])('is refused by its header with %i scans', async (scans) => {
    const bytes = manyScans(8_160, 6_144, scans);
    const error = await errorOf(probe(bytes, limits));
    expect([error.kind, error.facts]).toEqual(['tooManyScans', { max: 100 }]);
    expect(await kindOf(decode(bytes, limits))).toBe('tooManyScans');
  });
});

describe('decode', () => {
  it('refuses a file that ends early, as requireEnd does', async () => {
    const whole = await toPng(noise(200, 200));
    const cut = whole.subarray(0, whole.length / 2);
    expect(await kindOf(decode(cut, limits))).toBe('damaged');
    expect(await kindOf(requireEnd(cut))).toBe('damaged');
    await requireEnd(whole);
  });

  it('turns the photo upright as EXIF says', async () => {
    const sideways = await flat(30, 20, 'red').jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const photo = await decode(sideways, limits);
    expect([photo.width, photo.height, photo.channels]).toEqual([20, 30, 3]);
  });

  it('returns three 8-bit channels for grey, 16-bit and CMYK images', async () => {
    const grey = await flat(4, 4, '#808080').toColourspace('b-w').png().toBuffer();
    const deep = await flat(4, 4, '#ff8000').toColourspace('rgb16').png().toBuffer();
    const cmyk = await flat(4, 4, '#ff8000').toColourspace('cmyk').jpeg().toBuffer();
    for (const bytes of [grey, deep, cmyk]) {
      const photo = await decode(bytes, limits);
      expect([photo.channels, photo.data.length]).toEqual([3, 4 * 4 * 3]);
    }
    expect((await decode(deep, limits)).data.subarray(0, 3)).toEqual(Buffer.from([255, 128, 0]));
  });

  // Node shares the memory of small buffers, and from 22 on refuses to transfer the external memory of large ones.
  it.each([1, 40, 2000])('gives pixels of a side of %i that another thread can take over', async (size) => {
    const { data } = await decode(await flat(size, size, 'red').png().toBuffer(), limits);
    expect(data.byteLength).toBe(data.buffer.byteLength);
    const taken = structuredClone(data, { transfer: [data.buffer] });
    expect([taken.length, taken[0], data.length]).toEqual([size * size * 3, 255, 0]);
  });

  it('keeps the alpha of an image that has one', async () => {
    const photo = await decode(await flat(3, 3, '#ff000080', 4).png().toBuffer(), limits);
    expect(photo.channels).toBe(4);
    expect(photo.data[3]).toBe(128);
  });
});

describe('the memory of decoded images', () => {
  it('is freed', async () => {
    const bytes = await flat(2_000, 1_000, '#246').jpeg().toBuffer();
    await decode(bytes, limits);
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 100; i++) await decode(bytes, limits);
    // All their pixels together are twice as much.
    expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
  });
});

describe('an animated image', () => {
  it('is marked as such, as WEBP and PNG', async () => {
    const frames = { width: 40, height: 60, channels: 3, background: 'red', pageHeight: 30 } as const;
    const raw = Buffer.alloc(40 * 60 * 3).fill(200, 0, 40 * 30 * 3);
    const webp = await sharp(raw, { raw: { ...frames } })
      .webp()
      .toBuffer();
    const apng = writePng(9, 9, { extra: [['acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])]] });
    const found = await Promise.all([webp, apng, writePng(9, 9), jpeg].map((bytes) => decode(bytes, limits)));
    expect(found.map(({ isAnimated }) => isAnimated)).toEqual([true, true, false, false]);
  });
});

describe('the density of an image', () => {
  const pixels = { data: new Uint8Array(64 * 4).fill(99), width: 8, height: 8, channels: 4 } as const;
  const formats = ['PNG', 'JPG', 'WEBP'] as const;

  it.each(formats)('is kept in %s', async (format) => {
    for (const density of [72, 300, 1200]) {
      const bytes = await encode(pixels, { format, quality: 95, density });
      expect((await decode(bytes, limits)).density).toBe(density);
      const { hasProfile, width, height } = await sharp(bytes).metadata();
      expect([hasProfile, width, height]).toEqual([false, 8, 8]);
    }
  });

  it.each(formats)('is not written to %s when there is none', async (format) => {
    const bytes = await encode(pixels, { format, quality: 95 });
    expect([bytes.includes('pHYs'), bytes.includes('JFIF'), bytes.includes('Exif')]).toEqual([
      false,
      false,
      false,
    ]);
    const photo = await decode(bytes, limits);
    expect([photo.density, photo.width]).toEqual([undefined, 8]);
  });

  it('is read from JFIF, and from EXIF in centimetres', async () => {
    const jfif = Buffer.from('ffe000104a46494600010100000100010000', 'hex');
    const withJfif = (unit: number, value: number) => {
      const header = Buffer.from(jfif);
      header[11] = unit;
      header.writeUInt16BE(value, 12);
      header.writeUInt16BE(value, 14);
      return Buffer.concat([jpeg.subarray(0, 2), header, jpeg.subarray(2)]);
    };
    const densityOf = async (bytes: Buffer) => (await decode(bytes, limits)).density;
    expect(await densityOf(withJfif(0, 1))).toBeUndefined();
    expect(await densityOf(withJfif(1, 240))).toBe(240);
    expect(await densityOf(withJfif(2, 100))).toBe(254);

    const webp = await encode(pixels, { format: 'WEBP', quality: 95, density: 100 });
    const unit = webp.indexOf(Buffer.from([0x28, 0x01, 3, 0]));
    webp[unit + 8] = 3;
    expect(await densityOf(webp)).toBe(254);
  });

  it('is none where EXIF data are cut or absurd', async () => {
    const webp = await encode(pixels, { format: 'WEBP', quality: 95, density: 100 });
    const exif = webp.indexOf(Buffer.from('II*\0', 'latin1'));
    for (const at of [4, 30]) {
      const broken = Buffer.from(webp);
      broken.fill(255, exif + at, exif + at + 4);
      expect((await decode(broken, limits)).density).toBeUndefined();
    }
  });
});

describe('encode', () => {
  const half = {
    data: Uint8Array.from([200, 100, 50, 255, 0, 0, 0, 0]),
    width: 2,
    height: 1,
    channels: 4,
  } as const;

  it('compresses WEBP as hard as it is told', async () => {
    const picture = noise(200, 150);
    const sizeAt = async (effort?: number) =>
      (await encode(picture, { format: 'WEBP', quality: 90, ...(effort !== undefined && { effort }) }))
        .length;
    expect(await sizeAt(0)).not.toBe(await sizeAt(2));
    expect(await sizeAt()).toBe(await sizeAt(2));
  });

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
