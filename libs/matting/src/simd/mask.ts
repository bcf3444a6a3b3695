import { base64 } from '../generated/mask.js';
import { type Extremes, extremesPlain } from '../plain/mask.js';
import { openKernel, reserve } from './kernel.js';

/** The functions of assembly/mask.ts; what is not a count or a value is an address. */
type Functions = {
  least: (values: number, count: number) => number;
  greatest: (values: number, count: number) => number;
  stretch: (values: number, count: number, low: number, range: number, to: number) => void;
};

export const maskKernel = openKernel<Functions>(base64);
type MaskKernel = NonNullable<typeof maskKernel>;

/** Values of a strip, which stays in the cache. */
const strip = 16_384;
const valuesAt = 0;
const maskAt = strip * 4;
const bytes = strip * 5;

/** Copies the values from `from` on to the strip, which the first of them fills up where they end before it does. */
const fill = (memory: Uint8Array, prediction: Float32Array, from: number): void => {
  const values = prediction.subarray(from, from + strip);
  const floats = new Float32Array(memory.buffer, valuesAt, strip);
  floats.set(values);
  floats.fill(values[0]!, values.length);
};

/** `extremesPlain` in WebAssembly. */
export const extremesSimd = (kernel: MaskKernel, prediction: Float32Array): Extremes => {
  const memory = reserve(kernel, bytes);
  let low = Infinity;
  let high = -Infinity;
  for (let from = 0; from < prediction.length; from += strip) {
    fill(memory, prediction, from);
    low = Math.min(low, kernel.least(valuesAt, strip));
    high = Math.max(high, kernel.greatest(valuesAt, strip));
  }

  // A value that is not finite comes through as one of the two; the plain search names it.
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high } : extremesPlain(prediction);
};

/** `stretchPlain` in WebAssembly. */
export const stretchSimd = (
  kernel: MaskKernel,
  prediction: Float32Array,
  { low, high }: Extremes,
): Uint8Array => {
  const memory = reserve(kernel, bytes);
  const data = new Uint8Array(prediction.length);
  for (let from = 0; from < data.length; from += strip) {
    fill(memory, prediction, from);
    kernel.stretch(valuesAt, strip, low, high - low, maskAt);
    data.set(memory.subarray(maskAt, maskAt + Math.min(strip, data.length - from)), from);
  }
  return data;
};
