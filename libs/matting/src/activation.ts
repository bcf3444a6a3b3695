import { requireSize, type Raster } from './raster.js';

/**
 * Logits → 0 … 1 by the logistic function, in place. The arithmetic is float32, as numpy's is in rembg.
 *
 * Source: `sigmoid` of rembg's BiRefNet sessions.
 */
export const sigmoid = (logits: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => {
  for (let i = 0; i < logits.length; i++) {
    logits[i] = 1 / Math.fround(1 + Math.fround(Math.exp(-logits[i]!)));
  }
  return logits;
};

/**
 * A network's alpha as a mask: 0 … 1 becomes 0 … 255, fractions cut off. Values outside are clipped.
 *
 * @param alpha size × size finite values, row by row
 * @param size in pixels
 * @returns one channel, size × size
 * @throws RangeError when the values are not size × size in number, or one is not finite
 */
export const quantise = (alpha: Float32Array, size: number): Raster => {
  requireSize(size, size);
  if (alpha.length !== size * size)
    throw new RangeError(`a mask of ${size}×${size} pixels takes ${size * size} values, not ${alpha.length}`);

  const data = new Uint8Array(alpha.length);
  for (let i = 0; i < data.length; i++) {
    const value = alpha[i]!;
    if (value - value !== 0) throw new RangeError(`the prediction holds ${value} at index ${i}`);
    data[i] = Math.trunc(Math.fround(Math.min(Math.max(value, 0), 1) * 255));
  }

  return { data, width: size, height: size, channels: 1 };
};
