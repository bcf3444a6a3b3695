import type { Extremes } from '../../src/mask.js';

/** `findExtremes` in a plain loop; all values are finite. */
export const extremesReference = (prediction: Float32Array): Extremes => {
  let low = Infinity;
  let high = -Infinity;
  for (const value of prediction) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
};

/** `stretch` in a plain loop of float32 steps. */
export const stretchReference = (prediction: Float32Array, { low, high }: Extremes): Uint8Array => {
  const range = Math.fround(high - low);
  return Uint8Array.from(prediction, (value) => {
    const share = Math.fround(Math.fround(value - low) / range);
    return Math.trunc(Math.fround(share * 255));
  });
};
