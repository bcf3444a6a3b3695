import { brightestPlain, lookUpPlain } from './plain/tensor.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';
import { brightestSimd, lookUpSimd, tensorKernel } from './simd/tensor.js';

/** What a network subtracts from and divides into each channel, red first, in units of the image's maximum. */
export type Normalisation = {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
};

/** One float per possible sample, computed in double precision and rounded once, as numpy does for rembg. */
const tabulate = (max: number, mean: number, std: number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, sample) => (sample / max - mean) / std);

/**
 * The input of a network: NCHW float32, 1 × 3 × size × size, (sample / brightest sample − mean) / std. The
 * divisor is the image's own maximum and not 255, as in rembg; an all-black image divides by 1e-6.
 *
 * Source: `BaseSession.normalize` of rembg, to the bit.
 *
 * @param photo size × size pixels of RGB or RGBA; alpha is ignored
 * @param into where it is put, 3 × size × size values; memory that was written before costs less than new memory
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

  const brightest = tensorKernel ? brightestSimd(tensorKernel, photo) : brightestPlain(photo);
  const max = Math.max(brightest, 1e-6);
  const table = (channel: 0 | 1 | 2) => tabulate(max, norm.mean[channel], norm.std[channel]);
  const tables = [table(0), table(1), table(2)] as const;

  if (tensorKernel) lookUpSimd(tensorKernel, photo, tables, nchw);
  else lookUpPlain(photo, tables, nchw);
  return nchw;
};
