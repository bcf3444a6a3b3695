import { inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { deflateRows } from './deflate.js';
import type { Raster } from './raster.js';

const SUB = 1;
const UP = 2;

/** Undoes the filters. Source: PNG (third edition), 9.2. */
const unfilter = (rows: Uint8Array, { width, height, channels }: Raster) => {
  const stride = width * channels;
  expect(rows).toHaveLength(height * (stride + 1));
  const data = new Uint8Array(height * stride);
  const filters = new Set<number>();
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    filters.add(filter);
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : data[y * stride + x - channels]!;
      const before = filter === SUB ? left : (data[(y - 1) * stride + x] ?? 0);
      data[y * stride + x] = rows[y * (stride + 1) + 1 + x]! + before;
    }
  }
  expect([SUB, UP]).toEqual(expect.arrayContaining([...filters]));
  return { data, filters: [...filters] };
};

const randomFrom = (seed: number) => {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
};

const random = randomFrom(19);
const kinds = {
  noise: () => random() * 256,
  nothing: () => 0,
  'rare bytes': (i: number) => (random() < 0.02 ? 255 : i),
  'mostly small steps': () => random() ** 8 * 256,
  'long repetitions': (i: number) => (i >> 6) * 3,
  // Codes of 17 bits, which are shortened to 15.
  'halving counts': () => Math.floor(-Math.log2(1 - random())) * 7,
};

const makeRaster = (
  width: number,
  height: number,
  channels: Raster['channels'],
  kind: keyof typeof kinds,
) => {
  const data = new Uint8Array(width * height * channels).map((_, i) => kinds[kind](i));
  return { data, width, height, channels };
};

describe('deflateRows', () => {
  it.each(Object.keys(kinds) as (keyof typeof kinds)[])('keeps every byte of %s', (kind) => {
    for (const channels of [1, 3, 4] as const)
      for (const [width, height] of [
        [1, 1],
        [1, 300],
        [15, 7],
        [320, 211],
      ] as const) {
        const raster = makeRaster(width, height, channels, kind);
        const { data } = unfilter(inflateSync(deflateRows(raster)), raster);
        expect(Buffer.compare(data, raster.data)).toBe(0);
      }
  });

  it('keeps every byte of rows that are longer than a strip', () => {
    for (const kind of ['mostly small steps', 'halving counts'] as const) {
      const raster = makeRaster(70_001, 5, 4, kind);
      const { data } = unfilter(inflateSync(deflateRows(raster)), raster);
      expect(Buffer.compare(data, raster.data)).toBe(0);
    }
  });

  it.each([
    ['upright stripes', UP, (x: number) => 40 * (x % 5)],
    ['level stripes', SUB, (_: number, y: number) => 40 * (y % 5)],
  ])('filters %s by differences to the neighbour that is alike', (_, filter, shade) => {
    const [width, height] = [64, 40];
    const data = Uint8Array.from({ length: 4 * width * height }, (_, i) =>
      shade((i >> 2) % width, Math.floor((i >> 2) / width)),
    );
    const raster: Raster = { data, width, height, channels: 4 };
    const rows = unfilter(inflateSync(deflateRows(raster)), raster);
    expect(Buffer.compare(rows.data, data)).toBe(0);
    // A first row of one colour is the same by both filters.
    expect(rows.filters).toContain(filter);
  });

  it('writes a background of one colour in less than a hundredth of its bytes', () => {
    const raster = makeRaster(2_000, 1_000, 4, 'nothing');
    expect(deflateRows(raster).length).toBeLessThan(raster.data.length / 100);
  });

  it('refuses data that do not fill their geometry', () => {
    expect(() => deflateRows({ data: new Uint8Array(3), width: 2, height: 2, channels: 1 })).toThrow(
      RangeError,
    );
  });
});
