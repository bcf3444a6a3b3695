import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { wrapPng } from './wrap-png.js';

const side = 3;
const pixelsOf = (channels: 1 | 3 | 4) =>
  Uint8Array.from({ length: side * side * channels }, (_, i) => i * 7);

/** Rows without a filter. */
const streamOf = (data: Uint8Array, channels: number) => {
  const stride = side * channels;
  const rows = Array.from({ length: side }, (_, y) => [0, ...data.subarray(y * stride, (y + 1) * stride)]);
  return deflateSync(Uint8Array.from(rows.flat()));
};

describe('wrapPng', () => {
  it.each([1, 3, 4] as const)('makes a PNG of %i channels that libpng reads', async (channels) => {
    const data = pixelsOf(channels);
    const png = wrapPng(streamOf(data, channels), { width: side, height: side, channels });
    expect(png.includes('pHYs')).toBe(false);
    const image = sharp(png, { failOn: 'warning' });
    const read = await (channels === 1 ? image.toColourspace('b-w') : image)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(read.info.channels).toBe(channels);
    expect([...read.data]).toEqual([...data]);
  });

  it('states the pixels per inch that it is given', async () => {
    const png = wrapPng(streamOf(pixelsOf(3), 3), { width: side, height: side, channels: 3 }, 300);
    expect((await sharp(png).metadata()).density).toBe(300);
  });
});
