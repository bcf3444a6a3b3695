import { crc32 } from 'node:zlib';
import type { Pixels } from './encode.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const colourTypes = { 1: 0, 3: 2, 4: 6 } as const satisfies Record<Pixels['channels'], number>;
const METRES_PER_INCH = 0.0254;

const chunk = (type: string, content: Uint8Array): Uint8Array[] => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length);
  head.write(type, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(content, crc32(head.subarray(4))));
  return [head, content, sum];
};

const header = ({ width, height, channels }: Omit<Pixels, 'data'>) => {
  const content = Buffer.alloc(13);
  content.writeUInt32BE(width);
  content.writeUInt32BE(height, 4);
  content[8] = 8;
  content[9] = colourTypes[channels];
  return content;
};

/** Pixels per metre, both ways. */
const densityOf = (density: number) => {
  const perMetre = Math.round(density / METRES_PER_INCH);
  const content = Buffer.alloc(9);
  content.writeUInt32BE(perMetre);
  content.writeUInt32BE(perMetre, 4);
  content[8] = 1;
  return content;
};

/**
 * A PNG of 8 bits around its compressed rows.
 *
 * @param stream the filtered rows, as a zlib stream
 * @param density pixels per inch; none is written without it
 */
export const wrapPng = (stream: Uint8Array, geometry: Omit<Pixels, 'data'>, density?: number): Buffer =>
  Buffer.concat([
    SIGNATURE,
    ...chunk('IHDR', header(geometry)),
    ...(density === undefined ? [] : chunk('pHYs', densityOf(density))),
    ...chunk('IDAT', stream),
    ...chunk('IEND', new Uint8Array(0)),
  ]);
