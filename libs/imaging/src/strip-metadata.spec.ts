import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { decode } from './decode.js';
import { stripMetadata } from './strip-metadata.js';

const limits = { maxPixels: 1_000_000 };
const hush = 'HUSH-metadata';

/** Neither square nor even, so that a wrong orientation shows. */
const picture = () => {
  const [width, height] = [45, 31];
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 37) % 256;
  return sharp(data, { raw: { width, height, channels: 3 } });
};

/** A file as a phone makes it: upright by EXIF, with a place, a text and a wide colour profile. */
const photo = (format: 'jpeg' | 'png' | 'webp', orientation = 6) =>
  picture()
    .withMetadata({ orientation, density: 300 })
    .withIccProfile('p3')
    .withExifMerge({
      IFD0: { Copyright: hush, ImageDescription: hush },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100', GPSLongitudeRef: 'W' },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>${hush}</a></x:xmpmeta>`)
    .toFormat(format)
    .toBuffer();

const comment = (text: string) => {
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(2 + text.length, 2);
  return Buffer.concat([head, Buffer.from(text, 'latin1')]);
};

describe('stripMetadata', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    'leaves a %s without place and texts that decodes to the same upright picture',
    async (format) => {
      const bytes = await photo(format);
      const stripped = await stripMetadata(bytes);
      const [before, after] = [await sharp(bytes).metadata(), await sharp(stripped).metadata()];
      expect(bytes.includes(hush)).toBe(true);
      expect(stripped.includes(hush)).toBe(false);
      expect([after.orientation, after.xmp]).toEqual([6, undefined]);
      expect(after.icc?.equals(before.icc ?? Buffer.alloc(0))).toBe(true);
      expect(after.exif?.length).toBeLessThan(120);
      const [original, clean] = [await decode(bytes, limits), await decode(stripped, limits)];
      expect(clean).toEqual(original);
      expect([clean.width, clean.height, clean.density]).toEqual([31, 45, 300]);
    },
  );

  it.each(['jpeg', 'png', 'webp'] as const)('leaves a %s alone that has none', async (format) => {
    const bytes = await picture().toFormat(format).toBuffer();
    expect((await stripMetadata(bytes)).equals(bytes)).toBe(true);
  });

  it('leaves what it made alone', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const once = await stripMetadata(await photo(format));
      expect((await stripMetadata(once)).equals(once)).toBe(true);
    }
  });

  it.each(['jpeg', 'png', 'webp'] as const)('drops what lies behind the end of a %s', async (format) => {
    const bytes = await picture().toFormat(format).toBuffer();
    const stripped = await stripMetadata(Buffer.concat([bytes, Buffer.from(`moov ${hush}`)]));
    expect(stripped.includes(hush)).toBe(false);
    expect((await decode(stripped, limits)).width).toBe(45);
  });

  it('drops comments, thumbnails, Photoshop data and further pictures of a JPEG, and keeps all scans', async () => {
    const bytes = await picture().jpeg({ progressive: true }).toBuffer();
    const segment = (marker: number, text: string) => {
      const made = comment(text);
      made[1] = marker;
      return made;
    };
    const odd = [
      comment(hush),
      segment(0xe0, `JFXX\0${hush}`),
      segment(0xed, `Photoshop 3.0\0${hush}`),
      segment(0xe2, `MPF\0${hush}`),
      segment(0xeb, `JP${hush}`),
    ];
    const stripped = await stripMetadata(Buffer.concat([bytes.subarray(0, 2), ...odd, bytes.subarray(2)]));
    expect(stripped.equals(bytes)).toBe(true);
  });

  it('keeps the colours of a CMYK JPEG', async () => {
    const bytes = await picture()
      .toColourspace('cmyk')
      .jpeg()
      .withExif({ IFD0: { Copyright: hush } })
      .toBuffer();
    const stripped = await stripMetadata(bytes);
    expect(stripped.includes(hush)).toBe(false);
    expect(await decode(stripped, limits)).toEqual(await decode(bytes, limits));
  });

  it('drops an end that was cut off, and keeps the pixels before it', async () => {
    const bytes = await photo('jpeg');
    const stripped = await stripMetadata(bytes.subarray(0, bytes.length - 300));
    expect(stripped.includes(hush)).toBe(false);
    expect((await sharp(stripped).metadata()).width).toBe(45);
  });

  it('passes over millions of segments, and refuses more parts than a picture has', async () => {
    const bytes = await picture().jpeg().toBuffer();
    const many = Buffer.concat([
      bytes.subarray(0, 2),
      Buffer.concat(Array.from({ length: 500_000 }, () => comment('x'))),
      bytes.subarray(2),
    ]);
    expect((await stripMetadata(many)).equals(bytes)).toBe(true);

    const adobe = Buffer.from([0xff, 0xdd, 0, 4, 0, 0]);
    const mixed = Array.from({ length: 20_000 }, () => Buffer.concat([adobe, comment('x')]));
    const hostile = Buffer.concat([bytes.subarray(0, 2), ...mixed, bytes.subarray(2)]);
    await expect(stripMetadata(hostile)).rejects.toMatchObject({ name: 'ImageError', kind: 'damaged' });
  });
});
