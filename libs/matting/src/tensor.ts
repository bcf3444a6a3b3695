import { base64 } from './generated/tensor.js';
import { kernelOf, reserve } from './kernel.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';

/** The mean that a network subtracts and the deviation that it divides by, per channel, as shares of the maximum. */
export type Normalisation = {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
};

/** The value of each of the 256 possible samples, per channel. */
export type Tables = readonly [red: Float32Array, green: Float32Array, blue: Float32Array];

/** The functions of assembly/tensor.ts; arguments that are no counts are addresses. */
type Functions = {
  brightest: (samples: number, bytes: number, channels: number) => number;
  lookUp: (
    ...all: [samples: number, pixels: number, channels: number, tables: number, to: number, plane: number]
  ) => void;
};

const openKernel = kernelOf<Functions>(base64);

/** Pixels of a strip, which fits into the cache. */
const strip = 4096;
const planeBytes = strip * 4;
const tablesAt = 0;
const samplesAt = 3 * 256 * 4;
const planesAt = samplesAt + strip * 4;
const bytes = planesAt + planeBytes * 3;

/** The greatest sample of red, green and blue; alpha is ignored. */
export const findBrightest = ({ data, channels }: Raster): number => {
  const kernel = openKernel();
  const memory = reserve(kernel.memory, bytes);
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

/** Writes the table's value of each sample, plane after plane. */
export const lookUp = (photo: Raster, tables: Tables, nchw: Float32Array): void => {
  const { data, channels } = photo;
  const kernel = openKernel();
  const memory = reserve(kernel.memory, bytes);
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

/** One float per possible sample, computed in double precision and rounded once, as numpy does for rembg. */
const tabulate = (max: number, mean: number, std: number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, sample) => (sample / max - mean) / std);

/**
 * The input of a network: NCHW float32, 1 × 3 × size × size, (sample / brightest sample − mean) / std. The divisor is
 * the image's own maximum and not 255, as in rembg; an all-black image divides by 1e-6.
 *
 * Source: `BaseSession.normalize` of rembg, to the bit.
 *
 * @param photo size × size pixels of RGB or RGBA; alpha is ignored
 * @param into receives the tensor, 3 × size × size values; memory that was written before costs less than new memory
 * @throws RangeError when the photo is not square, has one channel, or its data do not fill its geometry, or when
 *   `into` is of another length
 */
export const toTensor = (
  photo: Raster,
  norm: Normalisation,
  into?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> => {
  requireRaster(photo);
  requireChannels(photo, [3, 4]);
  if (photo.width !== photo.height) {
    throw new RangeError(`a network takes square photos, not ${photo.width}×${photo.height} pixels`);
  }
  const length = 3 * photo.width * photo.height;
  const nchw = into ?? new Float32Array(length);
  if (nchw.length !== length)
    throw new RangeError(`a tensor of ${length} values does not fit ${nchw.length}`);

  const max = Math.max(findBrightest(photo), 1e-6);
  const table = (channel: 0 | 1 | 2) => tabulate(max, norm.mean[channel], norm.std[channel]);
  lookUp(photo, [table(0), table(1), table(2)], nchw);
  return nchw;
};
