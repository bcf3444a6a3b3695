import { extremesPlain, stretchPlain } from './plain/mask.js';
import { type Raster, requireSize } from './raster.js';
import { extremesSimd, maskKernel, stretchSimd } from './simd/mask.js';

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

  const geometry = { width: size, height: size, channels: 1 } as const;
  const extremes = maskKernel ? extremesSimd(maskKernel, prediction) : extremesPlain(prediction);
  if (extremes.low === extremes.high) {
    const data = new Uint8Array(prediction.length).fill(extremes.low >= 0.5 ? 255 : 0);
    return { data, ...geometry };
  }

  const data = maskKernel
    ? stretchSimd(maskKernel, prediction, extremes)
    : stretchPlain(prediction, extremes);
  return { data, ...geometry };
};
