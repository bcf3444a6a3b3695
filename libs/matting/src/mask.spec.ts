import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extremesReference, stretchReference } from '../test/reference/mask.js';
import { toMask } from './index.js';
import { findExtremes, stretch } from './mask.js';

const anyPrediction = fc
  .integer({ min: 1, max: 8 })
  .chain((size) =>
    fc.float32Array({ minLength: size * size, maxLength: size * size, min: -64, max: 64, noNaN: true }),
  );

describe('toMask', () => {
  it('is one channel of the size asked for', () => {
    const mask = toMask(Float32Array.from([0, 1, 2, 4]), 2);

    expect(mask).toEqual({ data: Uint8Array.from([0, 63, 127, 255]), width: 2, height: 2, channels: 1 });
  });

  it('agrees with numpy 2.4 to the bit', () => {
    const prediction = Float32Array.from([-3.2, 0.1, 0.7, 2.5, 1.25, -1, 0.3333333, 2.4999, 0]);

    expect([...toMask(prediction, 3).data]).toEqual([0, 147, 174, 255, 199, 98, 158, 254, 143]);
  });

  it('stretches any map that varies from 0 to 255 and keeps its order', () => {
    fc.assert(
      fc.property(anyPrediction, (prediction) => {
        fc.pre(new Set(prediction).size > 1);
        const { data } = toMask(prediction, Math.sqrt(prediction.length));
        const ascending = [...prediction.keys()].sort((a, b) => prediction[a]! - prediction[b]!);
        const samples = ascending.map((i) => data[i]!);

        expect(samples[0]).toBe(0);
        expect(samples.at(-1)).toBe(255);
        expect(samples).toEqual([...samples].sort((a, b) => a - b));
      }),
    );
  });

  it('makes a constant map all subject from .5 on', () => {
    expect([...toMask(new Float32Array(4).fill(0.5), 2).data]).toEqual([255, 255, 255, 255]);
  });

  it('makes a constant map all background below .5', () => {
    expect([...toMask(new Float32Array(4).fill(0.25), 2).data]).toEqual([0, 0, 0, 0]);
  });

  it('refuses a map of another size', () => {
    expect(() => toMask(new Float32Array(5), 2)).toThrow(
      new RangeError('a mask of 2×2 pixels takes 4 values, not 5'),
    );
  });

  it('refuses values that are not finite', () => {
    expect(() => toMask(Float32Array.from([0, NaN, 1, 0]), 2)).toThrow(
      new RangeError('the prediction holds NaN at index 1'),
    );
    expect(() => toMask(Float32Array.from([0, 1, -Infinity, 0]), 2)).toThrow(
      new RangeError('the prediction holds -Infinity at index 2'),
    );
  });
});

/** Of every magnitude that float32 has. */
const anyValues = fc.float32Array({ minLength: 1, maxLength: 70, noNaN: true, noDefaultInfinity: true });

const stretchBoth = (values: Float32Array) => {
  const extremes = extremesReference(values);
  return [stretch(values, extremes), stretchReference(values, extremes)] as const;
};

describe('the kernel of masks', () => {
  it('finds the extremes that the reference finds', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const [found, expected] = [findExtremes(values), extremesReference(values)];

        expect([found.low === expected.low, found.high === expected.high]).toEqual([true, true]);
      }),
    );
  });

  it('stretches values to the bytes of the reference', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        fc.pre(new Set(values).size > 1);
        const [stretched, expected] = stretchBoth(values);

        expect(stretched).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the reference over several strips', () => {
    const values = Float32Array.from({ length: 50_003 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 777);
    const [stretched, expected] = stretchBoth(values);

    expect(findExtremes(values)).toEqual(extremesReference(values));
    expect(Buffer.compare(stretched, expected)).toBe(0);
  });
});
