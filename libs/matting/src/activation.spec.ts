import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quantise, sigmoid } from './activation.js';

describe('sigmoid', () => {
  it('maps logits to 0 … 1, and extreme ones to 0 and 1', () => {
    const shares = sigmoid(Float32Array.of(-Infinity, -200, 0, 200, Infinity));
    expect([...shares]).toEqual([0, 0, 0.5, 1, 1]);
  });

  it('is the logistic function within float32, and point-symmetric', () => {
    fc.assert(
      fc.property(fc.float({ min: -80, max: 80, noNaN: true }), (logit) => {
        const [share, mirrored] = sigmoid(Float32Array.of(logit, -logit));
        expect(share).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
        expect((share ?? 0) + (mirrored ?? 0)).toBeCloseTo(1, 6);
      }),
    );
  });
});

describe('quantise', () => {
  it('cuts fractions off and clips values outside 0 … 1', () => {
    expect([...quantise(Float32Array.of(-0.5, 0.5, 0.999, 1.5), 2).data]).toEqual([0, 127, 254, 255]);
  });

  it('refuses values that are not finite or too few', () => {
    expect(() => quantise(Float32Array.of(0, NaN, 0, 0), 2)).toThrow(/NaN at index 1/);
    expect(() => quantise(new Float32Array(3), 2)).toThrow(/4 values, not 3/);
  });
});
