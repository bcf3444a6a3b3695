import { describe, expect, it } from '@jest/globals';
import { largestPart, partsOf } from './runs.js';

const maskOf = (rows: readonly string[]) =>
  Uint8Array.from(Buffer.from(rows.join('')), (code) => (code === 0x23 ? 255 : 0));

const partsIn = (rows: readonly string[]): number => {
  const { runs, partOf } = partsOf(maskOf(rows), rows[0]!.length, 1);
  return new Set(Array.from({ length: runs.count }, (_, i) => partOf(i))).size;
};

describe('the parts of a mask', () => {
  it.each([
    [0, ['....', '....']],
    [1, ['##..', '..##']],
    [2, ['##..', '...#']],
    [1, ['#.#', '#.#', '###']],
    [2, ['...#', '#...']],
    [2, ['#..', '...', '#..']],
    [1, ['#...#', '.#.#.', '..#..']],
  ])('are %d in %j', (count, rows) => {
    expect(partsIn(rows)).toBe(count);
  });

  it('do not reach from the end of a row to the begin of the next', () => {
    expect(partsIn(['..#', '#..'])).toBe(2);
    expect(partsIn(['.##', '#..'])).toBe(1);
  });

  it('have one that is the largest, the upper one of two', () => {
    const rows = ['##...', '.....', '..###', '.....', '###..'];
    const parts = partsOf(maskOf(rows), 5, 1);
    const largest = largestPart(parts);
    expect([parts.runs.begins[largest], parts.runs.ends[largest]]).toEqual([12, 15]);
    expect(largestPart(partsOf(new Uint8Array(9), 3, 1))).toBe(-1);
  });

  it('are found in a checkerboard of four megapixels within 100 MB', () => {
    const side = 2048;
    const mask = Uint8Array.from(
      { length: side ** 2 },
      (_, i) => (((i % side) + Math.floor(i / side)) % 2) * 255,
    );
    const before = process.memoryUsage();
    const parts = partsOf(mask, side, 1);
    expect(largestPart(parts)).toBe(0);
    const after = process.memoryUsage();
    expect(parts.runs.count).toBe(side ** 2 / 2);
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(100e6);
  });
});
