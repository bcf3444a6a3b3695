import type { Raster } from '../raster.js';
import { feather } from '../refine.js';
import { resizeLanczos } from '../resize.js';

/** Above it, σ is divided by a power of two and the picture with it: a wide blur has no fine detail. */
const MOST_SIGMA = 6;

const channelOf = ({ data, width, height, channels }: Raster, c: number): Raster => {
  const one = new Uint8Array(width * height);
  for (let i = 0; i < one.length; i++) one[i] = data[i * channels + c]!;
  return { data: one, width, height, channels: 1 };
};

/** Each channel by itself. */
const featherAll = (raster: Raster, sigma: number): Raster => {
  const { width, height, channels } = raster;
  const data = new Uint8Array(raster.data.length);
  for (let c = 0; c < channels; c++) {
    const blurred = feather(channels === 1 ? raster : channelOf(raster, c), sigma);
    for (let i = 0; i < blurred.data.length; i++) data[i * channels + c] = blurred.data[i]!;
  }
  return { data, width, height, channels };
};

/**
 * Blurs a mask or an RGB picture by a Gaussian. The edges are repeated.
 *
 * @param sigma in pixels
 */
export const blur = (raster: Raster, sigma: number): Raster => {
  if (sigma === 0) return raster;
  const factor = 2 ** Math.max(0, Math.ceil(Math.log2(sigma / MOST_SIGMA)));
  if (factor === 1) return featherAll(raster, sigma);
  const { width, height } = raster;
  const small = resizeLanczos(raster, Math.ceil(width / factor), Math.ceil(height / factor));
  return resizeLanczos(featherAll(small, sigma / factor), width, height);
};
