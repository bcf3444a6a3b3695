import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Interleaved 8-bit pixels given by a formula, so that tests know the expected result. */
export type Picture = {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
};

/** A bright disc on black. The test network segments by brightness. */
export const disc = (width: number, height: number, radius = Math.min(width, height) / 3): Picture => {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x + 0.5 - width / 2) ** 2 + (y + 0.5 - height / 2) ** 2 < radius ** 2;
      if (inside) data.set([255, 250, 245], (y * width + x) * 3);
    }
  }
  return { data, width, height, channels: 3 };
};

/** One colour. */
export const flat = (width: number, height: number, colour: readonly number[]): Picture => ({
  data: Buffer.alloc(width * height * 3, Buffer.from(colour)),
  width,
  height,
  channels: 3,
});

/** Incompressible pixels, equal in every run. */
export const noise = (width: number, height: number): Picture => {
  const data = Buffer.alloc(width * height * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state >>> 24;
  }
  return { data, width, height, channels: 3 };
};

const open = ({ data, ...raw }: Picture) => sharp(data, { raw });
export const toPng = (picture: Picture): Promise<Buffer> => open(picture).png().toBuffer();
export const toJpeg = (picture: Picture, quality = 95): Promise<Buffer> =>
  open(picture).jpeg({ quality }).toBuffer();
export const toWebp = (picture: Picture): Promise<Buffer> =>
  open(picture).webp({ lossless: true }).toBuffer();

/** A chunk of a PNG. */
export const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};

type PngParts = {
  readonly bits?: 1 | 8 | 16;
  /** 0 is grey, 2 is RGB, 6 is RGBA. */
  readonly colourType?: 0 | 2 | 6;
  readonly interlaced?: boolean;
  /** Lines of pixels, each after a byte for its filter. By default zeros, in the size of the header. */
  readonly rows?: Buffer;
  /** Chunks between header and pixels. */
  readonly extra?: readonly (readonly [type: string, data: Buffer])[];
};

const samplesOf = { 0: 1, 2: 3, 6: 4 } as const;

/** Builds a PNG by hand, with any header. */
export const writePng = (width: number, height: number, parts: PngParts = {}): Buffer => {
  const { bits = 8, colourType = 2, interlaced = false, extra = [] } = parts;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colourType, 0, 0, interlaced ? 1 : 0], 8);
  const { rows = Buffer.alloc(height * (1 + Math.ceil((width * samplesOf[colourType] * bits) / 8))) } = parts;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...extra.map(([type, data]) => chunk(type, data)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

/** A PNG whose header announces pixels that do not follow. */
export const hollowPng = (width: number, height: number): Buffer =>
  writePng(width, height, { rows: Buffer.alloc(1_000) });

/** A valid PNG of about 100 kB that decodes to a black square of side × side pixels. */
export const bombPng = (side = 30_000): Buffer => writePng(side, side, { bits: 1, colourType: 0 });

/** A JPEG whose header states another size than its pixels have. */
export const hollowJpeg = async (width: number, height: number): Promise<Buffer> => {
  const bytes = Buffer.from(await toJpeg(disc(8, 8)));
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
};

/** A WEBP whose header states another size than its pixels have. */
export const hollowWebp = async (width: number, height: number): Promise<Buffer> => {
  const bytes = Buffer.from(await open(disc(8, 8)).webp().toBuffer());
  const frame = bytes.indexOf(Buffer.from([0x9d, 0x01, 0x2a]));
  bytes.writeUInt16LE(width, frame + 3);
  bytes.writeUInt16LE(height, frame + 5);
  return bytes;
};

const markerAt = (jpeg: Buffer, marker: number): number => jpeg.indexOf(Buffer.from([0xff, marker]));

/** The same JPEG with parameters of its scan that some phones write, and that decoders ignore. */
export const withOddScan = (jpeg: Buffer): Buffer => {
  const bytes = Buffer.from(jpeg);
  const scan = markerAt(bytes, 0xda);
  bytes.set([0, 0, 0], scan + 5 + 2 * bytes[scan + 4]!);
  return bytes;
};

/** The same JPEG with a byte between two segments, as some webcams write it. */
export const withExtraByte = (jpeg: Buffer): Buffer => {
  const tables = markerAt(jpeg, 0xc4);
  return Buffer.concat([jpeg.subarray(0, tables), Buffer.from([0]), jpeg.subarray(tables)]);
};

/** A segment of a JPEG. */
export const segment = (marker: number, data: readonly number[]): Buffer => {
  const length = data.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...data]);
};

/**
 * A valid grey progressive JPEG of up to 883 scans, each of which refines one coefficient of all blocks in a few
 * bytes.
 */
export const manyScans = (width: number, height: number, scans: number): Buffer => {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const oneCode = (table: number, symbol: number) =>
    segment(0xc4, [table, 1, ...Array<number>(15).fill(0), symbol]);
  const scan = (first: number, last: number, precision: number, dataBytes: number) =>
    Buffer.concat([segment(0xda, [1, 1, 0, first, last, precision]), Buffer.alloc(dataBytes)]);
  // A code of 15 bits skips 16384 blocks.
  const skipBytes = Math.ceil((Math.ceil(blocks / 16_384) * 15) / 8);
  const refining = Array.from({ length: scans - 1 }, (_, i) => {
    const coefficient = 1 + (i % 63);
    const low = 13 - Math.floor(i / 63);
    return scan(coefficient, coefficient, low === 13 ? low : ((low + 1) << 4) | low, skipBytes);
  });
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc2, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    oneCode(0x00, 0),
    oneCode(0x10, 0xe0),
    scan(0, 0, 0, Math.ceil(blocks / 8)),
    ...refining,
    Buffer.from([0xff, 0xd9]),
  ]);
};
