import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extremesPlain, stretchPlain } from '../plain/mask.js';
import { extremesSimd, maskKernel, stretchSimd } from './mask.js';

/** Of every magnitude that float32 has. */
const anyPrediction = fc.float32Array({
  minLength: 1,
  maxLength: 70,
  noNaN: true,
  noDefaultInfinity: true,
});

const stretched = (prediction: Float32Array) => {
  const extremes = extremesPlain(prediction);
  return [stretchSimd(maskKernel!, prediction, extremes), stretchPlain(prediction, extremes)] as const;
};

describe('the mask in WebAssembly', () => {
  it('finds the extremes that the plain arithmetic finds', () => {
    fc.assert(
      fc.property(anyPrediction, (prediction) => {
        const [ours, theirs] = [extremesSimd(maskKernel!, prediction), extremesPlain(prediction)];

        expect([ours.low === theirs.low, ours.high === theirs.high]).toEqual([true, true]);
      }),
    );
  });

  it('stretches as it does', () => {
    fc.assert(
      fc.property(anyPrediction, (prediction) => {
        fc.pre(new Set(prediction).size > 1);
        const [ours, theirs] = stretched(prediction);

        expect(ours).toEqual(theirs);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees over several strips', () => {
    const prediction = Float32Array.from(
      { length: 50_003 },
      (_, i) => (Math.imul(i + 1, 0x9e3779b1) >> 8) / 777,
    );
    const [ours, theirs] = stretched(prediction);

    expect(extremesSimd(maskKernel!, prediction)).toEqual(extremesPlain(prediction));
    expect(Buffer.compare(ours, theirs)).toBe(0);
  });
});
