import { base64 } from './generated/mask.js';
import { kernelOf, reserve } from './kernel.js';
import { type Raster, requireSize } from './raster.js';

/** The functions of assembly/mask.ts; arguments that are no counts or values are addresses. */
type Functions = {
  least: (values: number, count: number) => number;
  greatest: (values: number, count: number) => number;
  stretch: (values: number, count: number, low: number, range: number, to: number) => void;
};

export type Extremes = { readonly low: number; readonly high: number };

const openKernel = kernelOf<Functions>(base64);

/** Values of a strip, which fits into the cache. */
const strip = 16_384;
const valuesAt = 0;
const maskAt = strip * 4;
const bytes = strip * 5;

/** Copies the values from `from` on to the strip and pads it with the first of them. */
const fill = (memory: Uint8Array, prediction: Float32Array, from: number): void => {
  const values = prediction.subarray(from, from + strip);
  const floats = new Float32Array(memory.buffer, valuesAt, strip);
  floats.set(values);
  floats.fill(values[0]!, values.length);
};

/** Throws RangeError, which names the first value that is not finite. */
export const findExtremes = (prediction: Float32Array): Extremes => {
  const kernel = openKernel();
  const memory = reserve(kernel.memory, bytes);
  let low = Infinity;
  let high = -Infinity;
  for (let from = 0; from < prediction.length; from += strip) {
    fill(memory, prediction, from);
    low = Math.min(low, kernel.least(valuesAt, strip));
    high = Math.max(high, kernel.greatest(valuesAt, strip));
  }

  // NaN and the infinities show in one of the two.
  if (Number.isFinite(low) && Number.isFinite(high)) return { low, high };
  const index = prediction.findIndex((value) => !Number.isFinite(value));
  throw new RangeError(`the prediction holds ${prediction[index]} at index ${index}`);
};

/** Finite values of low … high to bytes of 0 … 255; low and high differ. */
export const stretch = (prediction: Float32Array, { low, high }: Extremes): Uint8Array => {
  const kernel = openKernel();
  const memory = reserve(kernel.memory, bytes);
  const data = new Uint8Array(prediction.length);
  for (let from = 0; from < data.length; from += strip) {
    fill(memory, prediction, from);
    kernel.stretch(valuesAt, strip, low, high - low, maskAt);
    data.set(memory.subarray(maskAt, maskAt + Math.min(strip, data.length - from)), from);
  }
  return data;
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

  const geometry = { width: size, height: size, channels: 1 } as const;
  const extremes = findExtremes(prediction);
  if (extremes.low === extremes.high) {
    const data = new Uint8Array(prediction.length).fill(extremes.low >= 0.5 ? 255 : 0);
    return { data, ...geometry };
  }

  return { data: stretch(prediction, extremes), ...geometry };
};
