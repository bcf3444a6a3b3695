import { base64 } from '../generated/tensor.js';
import type { Tables } from '../plain/tensor.js';
import type { Raster } from '../raster.js';
import { openKernel, reserve } from './kernel.js';

/** The functions of assembly/tensor.ts; what is not a count is an address. */
type Functions = {
  brightest: (samples: number, bytes: number, channels: number) => number;
  lookUp: (
    ...all: [samples: number, pixels: number, channels: number, tables: number, to: number, plane: number]
  ) => void;
};

export const tensorKernel = openKernel<Functions>(base64);
type TensorKernel = NonNullable<typeof tensorKernel>;

/** Pixels of a strip, which stays in the cache. */
const strip = 4096;
const planeBytes = strip * 4;
const tablesAt = 0;
const samplesAt = 3 * 256 * 4;
const planesAt = samplesAt + strip * 4;
const bytes = planesAt + planeBytes * 3;

/** `brightestPlain` in WebAssembly. */
export const brightestSimd = (kernel: TensorKernel, { data, channels }: Raster): number => {
  const memory = reserve(kernel, bytes);
  const stripBytes = strip * channels;
  let max = 0;
  for (let from = 0; from < data.length && max < 255; from += stripBytes) {
    const samples = data.subarray(from, from + stripBytes);
    memory.set(samples, samplesAt);
    memory.fill(0, samplesAt + samples.length, samplesAt + stripBytes);
    max = Math.max(max, kernel.brightest(samplesAt, stripBytes, channels));
  }
  return max;
};

/** `lookUpPlain` in WebAssembly. */
export const lookUpSimd = (kernel: TensorKernel, photo: Raster, tables: Tables, nchw: Float32Array): void => {
  const { data, channels } = photo;
  const memory = reserve(kernel, bytes);
  const floats = new Float32Array(memory.buffer);
  tables.forEach((table, channel) => floats.set(table, tablesAt / 4 + channel * 256));

  const plane = photo.width * photo.height;
  for (let from = 0; from < plane; from += strip) {
    const pixels = Math.min(strip, plane - from);
    memory.set(data.subarray(from * channels, (from + pixels) * channels), samplesAt);
    kernel.lookUp(samplesAt, pixels, channels, tablesAt, planesAt, planeBytes);
    for (let channel = 0; channel < 3; channel++) {
      const at = planesAt / 4 + channel * strip;
      nchw.set(floats.subarray(at, at + pixels), channel * plane + from);
    }
  }
};
