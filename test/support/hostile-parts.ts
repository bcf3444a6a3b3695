import { deflateSync } from 'node:zlib';
import type { Bases } from './hostile-bases.js';
import { bombPng, chunk, segment, writePng } from './pictures.js';

export type Random = (below: number) => number;

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
export const randomBytes = (random: Random, length: number): Buffer =>
  Buffer.from(times(length, () => random(256)));
export const insertAt = (bytes: Buffer, at: number, part: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);

/** Behind the header of a PNG, and behind the first marker of a JPEG. */
const [AFTER_IHDR, AFTER_SOI] = [33, 2];

/** Texts and profiles of 100 MB in 100 kB. */
export const bombs = (): Buffer[] => {
  const zeros = deflateSync(Buffer.alloc(100e6));
  const named = Buffer.concat([Buffer.from('name\0\0', 'latin1'), zeros]);
  const international = Buffer.concat([Buffer.from('name\0\x01\0\0\0', 'latin1'), zeros]);
  const extras = [
    ['iCCP', named],
    ['zTXt', named],
    ['iTXt', international],
  ] as const;
  return [
    bombPng(30_000),
    bombPng(4_000),
    ...extras.map((extra) => writePng(9, 9, { extra: [extra] })),
    ...extras.map((extra) => writePng(9, 9, { extra: times(20, () => extra) })),
    insertAt(writePng(9, 9), AFTER_IHDR, chunk('IDAT', zeros)),
  ];
};

export const manyParts = ({ png, jpeg, webp }: Bases): Buffer[] => {
  const repeated = (part: Buffer, count: number) => Buffer.alloc(part.length * count, part);
  const profile = segment(0xe2, [...Buffer.from('ICC_PROFILE\0\x01\xff', 'latin1'), 1, 2, 3]);
  return [
    insertAt(png, AFTER_IHDR, repeated(chunk('IDAT', Buffer.alloc(0)), 1e6)),
    insertAt(png, AFTER_IHDR, repeated(chunk('tEXt', Buffer.from('a\0b')), 2e5)),
    insertAt(png, AFTER_IHDR, repeated(chunk('sPLT', Buffer.from('a\0\x08')), 1e5)),
    insertAt(jpeg, AFTER_SOI, repeated(segment(0xe1, [1]), 3e5)),
    insertAt(jpeg, AFTER_SOI, repeated(segment(0xdb, [0, ...times(64, () => 1)]), 1e5)),
    insertAt(jpeg, AFTER_SOI, repeated(profile, 1e5)),
    insertAt(jpeg, AFTER_SOI, Buffer.alloc(8e6, 0xff)),
    insertAt(webp, webp.length, repeated(Buffer.from('JUNK\0\0\0\0', 'latin1'), 5e5)),
  ];
};

/** Directories of EXIF that point to themselves, count too much or lie behind the end. */
const exifs = (random: Random): Buffer[] =>
  times(8, (i) => {
    const tiff = Buffer.concat([Buffer.from(i % 2 ? 'MM\0*\0\0\0\x08' : 'II*\0\x08\0\0\0', 'latin1')]);
    const entries = Buffer.alloc(12 * 4, i < 4 ? 0xff : 0);
    if (i > 5) randomBytes(random, entries.length).copy(entries);
    return Buffer.concat([tiff, Buffer.from([i, 4]), entries, Buffer.from([8, 0, 0, 8])]);
  });

export const brokenMetadata = ({ png, jpeg, webp }: Bases, random: Random): Buffer[] => {
  const profiles = times(8, (i) => {
    const profile = randomBytes(random, 200);
    profile.writeUInt32BE(i % 2 ? 200 : 2 ** 31, 0);
    profile.write(i % 3 ? 'RGB XYZ ' : 'CMYKLab ', 16, 'latin1');
    profile.write('acsp', 36, 'latin1');
    profile.writeUInt32BE(i < 4 ? 2 ** 32 - 1 : 3, 128);
    return profile;
  });
  const named = (data: Buffer) => Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(data)]);
  const inJpeg = (marker: number, mark: string, data: Buffer) =>
    insertAt(jpeg, AFTER_SOI, segment(marker, [...Buffer.from(mark, 'latin1'), ...data]));
  const xmp = Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${'<a>'.repeat(9_000)}`);
  return [
    ...profiles.map((profile) => insertAt(png, AFTER_IHDR, chunk('iCCP', named(profile)))),
    ...profiles.map((profile) => inJpeg(0xe2, 'ICC_PROFILE\0\x01\x01', profile)),
    ...exifs(random).flatMap((exif) => [
      insertAt(png, AFTER_IHDR, chunk('eXIf', exif)),
      inJpeg(0xe1, 'Exif\0\0', exif),
      insertAt(webp, webp.length, Buffer.concat([Buffer.from('EXIF\x40\0\0\0', 'latin1'), exif])),
    ]),
    inJpeg(0xe1, 'http://ns.adobe.com/xap/1.0/\0', xmp),
    insertAt(
      png,
      AFTER_IHDR,
      chunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0'), xmp])),
    ),
  ];
};
