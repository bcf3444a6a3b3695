import { type Raster, requireSize } from './raster.js';

const extremes = (prediction: Float32Array): { low: number; high: number } => {
  let low = Infinity;
  let high = -Infinity;

  for (let i = 0; i < prediction.length; i++) {
    const value = prediction[i]!;
    // Infinities and NaN alike: only finite numbers leave nothing when taken from themselves.
    if (value - value !== 0) throw new RangeError(`the prediction holds ${value} at index ${i}`);
    if (value < low) low = value;
    if (value > high) high = value;
  }

  return { low, high };
};

/**
 * A network's output as a mask, stretched so that its least value becomes 0 and its greatest 255, fractions cut
 * off. The arithmetic is float32 throughout, as numpy's is.
 *
 * A constant map has nothing to stretch (rembg divides by zero there): it is all 255 from .5 on, else all 0.
 *
 * Source: `predict` of rembg's sessions, to the bit.
 *
 * @param prediction size × size values of any finite range, row by row
 * @param size in pixels
 * @returns one channel, size × size
 * @throws RangeError when the values are not size × size in number, or one is not finite
 */
export const toMask = (prediction: Float32Array, size: number): Raster => {
  requireSize(size, size);
  if (prediction.length !== size * size) {
    throw new RangeError(
      `a mask of ${size}×${size} pixels takes ${size * size} values, not ${prediction.length}`,
    );
  }

  const { low, high } = extremes(prediction);
  const data = new Uint8Array(prediction.length);
  const mask: Raster = { data, width: size, height: size, channels: 1 };
  if (low === high) {
    data.fill(low >= 0.5 ? 255 : 0);
    return mask;
  }

  const range = Math.fround(high - low);
  for (let i = 0; i < data.length; i++) {
    const share = Math.fround(Math.fround(prediction[i]! - low) / range);
    data[i] = Math.trunc(Math.fround(share * 255));
  }

  return mask;
};
