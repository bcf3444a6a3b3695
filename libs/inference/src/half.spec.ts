import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toFloats, toHalves } from './half.js';

const everyHalf = Uint16Array.from({ length: 65_536 }, (_, half) => half);
const isNan = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
const toHalf = (float: number) => toHalves(Float32Array.of(float))[0]!;

/** By the definition of the format, without tables. */
const valueOf = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
};

describe('half precision', () => {
  it('converts each of the 65,536 halves to its float', () => {
    const floats = toFloats(everyHalf);
    const wrong = everyHalf.filter((half) => !Object.is(floats[half], valueOf(half)));
    expect([...wrong]).toEqual([]);
  });

  it('converts each half to a float and back, NaN payloads included', () => {
    expect(toHalves(toFloats(everyHalf))).toEqual(everyHalf);
  });

  it('rounds a float to the nearer of two halves, and the middle to the even one', () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x7c00; half++) {
      const low = valueOf(half);
      // The neighbour of the largest half would be 65,536, and halfway there infinity begins.
      const high = half === 0x7bff ? 65_536 : valueOf(half + 1);
      const middle = (low + high) / 2;
      const step = middle * 2 ** -23;
      const even = half & 1 ? half + 1 : half;
      const cases = [
        [middle, even],
        [middle - step, half],
        [middle + step, half + 1],
      ] as const;
      for (const [float, expected] of cases)
        if (toHalf(float) !== expected || toHalf(-float) !== (expected | 0x8000)) wrong.push(float);
    }
    expect(wrong).toEqual([]);
  });

  it('makes floats that are too large infinite and those too small zero, with their sign', () => {
    expect([1e38, -1e38, Infinity, -Infinity].map(toHalf)).toEqual([0x7c00, 0xfc00, 0x7c00, 0xfc00]);
    expect([1e-38, -1e-38, 1e-45, 0, -0].map(toHalf)).toEqual([0, 0x8000, 0, 0, 0x8000]);
    expect(isNan(toHalf(NaN))).toBe(true);
  });

  it('keeps a NaN whose payload lies below what a half can hold', () => {
    const bits = Uint32Array.of(0x7f800001, 0xff800001);
    const halves = toHalves(new Float32Array(bits.buffer));
    expect([...halves].map(isNan)).toEqual([true, true]);
    expect(halves[1]! & 0x8000).toBe(0x8000);
  });

  it('rounds by at most half a step for any float', () => {
    const normal = fc.float({ min: Math.fround(2 ** -14), max: 65_504, noNaN: true });
    fc.assert(
      fc.property(normal, (float) => Math.abs(valueOf(toHalf(float)) - float) <= float * 2 ** -11),
      { numRuns: 2000 },
    );
  });

  it('writes into a part of a larger buffer', () => {
    const into = new Uint16Array(4);
    toHalves(Float32Array.of(1, 2), into.subarray(1, 3));
    expect([...into]).toEqual([0, 0x3c00, 0x4000, 0]);
    expect([...toFloats(into.subarray(1, 3))]).toEqual([1, 2]);
  });
});
