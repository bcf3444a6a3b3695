import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Interleaved 8-bit pixels that we know by formula, so that a test can say what must come out. */
export type Picture = {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
};

/** A bright disc on black; the test network takes brightness for the subject. */
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

/** Pixels that no codec can squeeze, the same on every run. */
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

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
};

/** A valid PNG of about 100 kB that decodes to a black square of side × side pixels. */
export const bombPng = (side = 30_000): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(side * (1 + Math.ceil(side / 8)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
