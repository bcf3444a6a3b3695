import { crc32 } from 'node:zlib';
import { inSlices } from '#contract';
import { densityOf } from './density.js';
import { sniffFormat, type Format } from './formats.js';
import { ImageError } from './image-error.js';
import { readHeader } from './open-image.js';

/** Real files have some dozens. A hostile one is all segments. */
const MAX_PARTS = 10_000;

/** Collects the parts of a file that stay. Neighbours are joined. */
const createParts = (file: Buffer) => {
  const parts: (Buffer | { readonly start: number; end: number })[] = [];
  const add = (part: (typeof parts)[number]) => {
    if (parts.push(part) <= MAX_PARTS) return;
    throw new ImageError('damaged', 'The image', `has more than ${MAX_PARTS} parts`);
  };
  return {
    keep: (start: number, end: number) => {
      const last = parts.at(-1);
      const to = Math.min(end, file.length);
      if (last && !Buffer.isBuffer(last) && last.end === start) last.end = to;
      else add({ start, end: to });
    },
    insert: (bytes: Buffer) => add(bytes),
    join: () =>
      Buffer.concat(
        parts.map((part) => (Buffer.isBuffer(part) ? part : file.subarray(part.start, part.end))),
      ),
  };
};
type Parts = ReturnType<typeof createParts>;

/** The facts of EXIF that change how an image looks. */
type Kept = { readonly orientation: number; readonly density: number | undefined };

const ORIENTATION = 0x0112;
const X_RESOLUTION = 0x011a;
const Y_RESOLUTION = 0x011b;
const RESOLUTION_UNIT = 0x0128;
const [SHORT, RATIONAL, INCH] = [3, 5, 2];

/** A directory of EXIF (TIFF, big endian) with nothing but these facts. */
const exifOf = ({ orientation, density }: Kept): Buffer => {
  const count = density === undefined ? 1 : 4;
  const behind = 8 + 2 + 12 * count + 4;
  const tiff = Buffer.alloc(behind + (density === undefined ? 0 : 16));
  tiff.write('MM\0*', 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(count, 8);
  const entry = (nth: number, tag: number, type: number, value: number) => {
    const at = 10 + 12 * nth;
    tiff.writeUInt16BE(tag, at);
    tiff.writeUInt16BE(type, at + 2);
    tiff.writeUInt32BE(1, at + 4);
    if (type === SHORT) tiff.writeUInt16BE(value, at + 8);
    else tiff.writeUInt32BE(value, at + 8);
  };
  entry(0, ORIENTATION, SHORT, orientation);
  if (density === undefined) return tiff;
  entry(1, X_RESOLUTION, RATIONAL, behind);
  entry(2, Y_RESOLUTION, RATIONAL, behind + 8);
  entry(3, RESOLUTION_UNIT, SHORT, INCH);
  for (const at of [behind, behind + 8]) {
    tiff.writeUInt32BE(density, at);
    tiff.writeUInt32BE(1, at + 4);
  }
  return tiff;
};

/** Copies what stays of a file into parts, with the given EXIF. */
type Strip = (file: Buffer, parts: Parts, exif: Buffer | undefined) => Promise<void>;

const [APP0, APP1, APP2, APP14, APP15, COMMENT, SCAN, END] = [0xe0, 0xe1, 0xe2, 0xee, 0xef, 0xfe, 0xda, 0xd9];
const EXIF_MARK = Buffer.from('Exif\0\0', 'latin1');

const isRestart = (next: number | undefined): boolean =>
  next === 0 || next === 0xff || (next !== undefined && next >= 0xd0 && next <= 0xd7);

/** Of application segments, only those stay that say how to decode: JFIF, colour profile, Adobe's transform. */
const staysInJpeg = (file: Buffer, start: number): boolean => {
  const marker = file[start + 1] ?? 0;
  const begins = (text: string) => file.toString('latin1', start + 4, start + 4 + text.length) === text;
  if (marker === APP0) return begins('JFIF\0');
  if (marker === APP2) return begins('ICC_PROFILE\0');
  if (marker === APP14) return begins('Adobe');
  return marker !== COMMENT && !(marker >= APP1 && marker <= APP15);
};

const exifSegment = (exif: Buffer): Buffer => {
  const head = Buffer.from([0xff, APP1, 0, 0]);
  head.writeUInt16BE(2 + EXIF_MARK.length + exif.length, 2);
  return Buffer.concat([head, EXIF_MARK, exif]);
};

/** Bytes behind the end marker go too: phones put a film or further pictures there. */
const stripJpeg: Strip = async (file, parts, exif) => {
  let left = exif && exifSegment(exif);
  let isInScan = false;
  /** @returns where the coded data go on, or the next marker begins; -1 at the end of the file */
  const stepInScan = (at: number): number => {
    const next = file.indexOf(0xff, at);
    if (next < 0) return (parts.keep(at, file.length), -1);
    isInScan = isRestart(file[next + 1]);
    const to = isInScan ? next + (file[next + 1] === 0xff ? 1 : 2) : next;
    parts.keep(at, to);
    return to;
  };
  const stepOver = (at: number): number => {
    if (file[at] !== 0xff) return file.indexOf(0xff, at);
    const marker = file[at + 1];
    if (marker === undefined) return -1;
    if (marker === END) return (parts.keep(at, at + 2), -1);
    if (marker < 0xc0 || isRestart(marker) || at + 4 > file.length) return at + 1;
    const end = at + 2 + file.readUInt16BE(at + 2);
    if (left && marker !== APP0) {
      parts.insert(left);
      left = undefined;
    }
    if (staysInJpeg(file, at)) parts.keep(at, end);
    isInScan = marker === SCAN;
    return end;
  };
  parts.keep(0, 2);
  await inSlices(file.length, (from, end) => {
    let at = Math.max(from, 2);
    while (at >= 0 && at < end) at = isInScan ? stepInScan(at) : stepOver(at);
    return at;
  });
};

/** Chunks that a decoder or a browser shows. Texts, EXIF, times and private ones are none of them. */
const pngChunks = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sRGB cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(
    ' ',
  ),
);

const pngChunk = (type: string, data: Buffer): Buffer => {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
};

const stripPng: Strip = async (file, parts, exif) => {
  parts.keep(0, 8);
  await inSlices(file.length, (from, end) => {
    let at = Math.max(from, 8);
    while (at < end) {
      if (at + 8 > file.length) return -1;
      const type = file.toString('latin1', at + 4, at + 8);
      const next = at + 12 + file.readUInt32BE(at);
      if (pngChunks.has(type)) parts.keep(at, next);
      if (exif && type === 'IHDR') parts.insert(pngChunk('eXIf', exif));
      if (type === 'IEND') return -1;
      at = next;
    }
    return at;
  });
};

const webpChunks = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const [HAS_EXIF, HAS_XMP] = [0x08, 0x04];

const webpChunk = (type: string, data: Buffer): Buffer => {
  const chunk = Buffer.alloc(8 + data.length + (data.length % 2));
  chunk.write(type, 'latin1');
  chunk.writeUInt32LE(data.length, 4);
  data.copy(chunk, 8);
  return chunk;
};

const stripWebp: Strip = async (file, parts, exif) => {
  parts.keep(0, 12);
  await inSlices(file.length, (from, end) => {
    let at = Math.max(from, 12);
    while (at < end) {
      if (at + 8 > file.length) return -1;
      const size = file.readUInt32LE(at + 4);
      const next = at + 8 + size + (size % 2);
      if (webpChunks.has(file.toString('latin1', at, at + 4))) parts.keep(at, next);
      at = next;
    }
    return at;
  });
  if (exif) parts.insert(webpChunk('EXIF', exif));
};

/** The head of a WEBP states its length, and which metadata it has. */
const mendWebp = (file: Buffer, hasExif: boolean): void => {
  file.writeUInt32LE(file.length - 8, 4);
  if (file.toString('latin1', 12, 16) !== 'VP8X' || file.length < 21) return;
  const flags = (file[20] ?? 0) & ~(HAS_EXIF | HAS_XMP);
  file[20] = hasExif ? flags | HAS_EXIF : flags;
};

const strips: Readonly<Record<Format, Strip>> = { JPG: stripJpeg, PNG: stripPng, WEBP: stripWebp };

const keptOf = async (format: Format, bytes: Buffer): Promise<Kept | undefined> => {
  const header = await readHeader(bytes);
  if (!header.exif) return undefined;
  const { orientation = 1 } = header;
  const density = densityOf(format, bytes, header);
  return orientation === 1 && density === undefined ? undefined : { orientation, density };
};

/**
 * Removes where, when, with what and by whom a picture was taken: EXIF, XMP, IPTC, comments, thumbnails and what lies
 * behind the end. Pixels are not touched. Orientation, density and colour profile stay, so that it looks the same.
 *
 * @throws ImageError when the bytes are no image, or one of too many parts
 */
export const stripMetadata = async (bytes: Buffer): Promise<Buffer> => {
  const format = sniffFormat(bytes);
  if (!format) throw new ImageError('unsupportedFormat', 'The image', 'is not a PNG, JPEG or WEBP');
  const kept = await keptOf(format, bytes);
  const parts = createParts(bytes);
  await strips[format](bytes, parts, kept && exifOf(kept));
  const stripped = parts.join();
  if (format === 'WEBP') mendWebp(stripped, kept !== undefined);
  return stripped;
};
