import { type Raster, requireChannels, requireRaster } from './raster.js';

/** How far an octagon that is as wide as it is high reaches by steps to the corners, of all its steps. */
const cornerShare = Math.SQRT2 - 1;

type Choose = (a: number, b: number) => number;

/** The least or greatest of three neighbours along one axis, those outside the picture left out. */
const alongRows = (from: Uint8Array, to: Uint8Array, width: number, height: number, choose: Choose): void => {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const left = x > 0 ? from[i - 1]! : from[i]!;
      const right = x < width - 1 ? from[i + 1]! : from[i]!;
      to[i] = choose(choose(left, right), from[i]!);
    }
  }
};

const alongColumns = (
  from: Uint8Array,
  to: Uint8Array,
  width: number,
  height: number,
  choose: Choose,
): void => {
  for (let y = 0, i = 0; y < height; y++) {
    const up = y > 0 ? -width : 0;
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x++, i++) to[i] = choose(choose(from[i + up]!, from[i + down]!), from[i]!);
  }
};

/**
 * The mask grown (above 0) or shrunk (below 0) by whole pixels, in all directions alike: each step takes in the four
 * neighbours, or all eight as often as makes the shape an octagon. Soft edges move and stay soft. What lies outside
 * the picture has no say.
 *
 * @param mask one channel, 0…255
 * @throws RangeError when the mask is not of one channel that fills its geometry, or `pixels` is no whole number
 */
export const offsetEdge = (mask: Raster, pixels: number): Raster => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  if (!Number.isInteger(pixels)) throw new RangeError(`an edge moves by whole pixels, not ${pixels}`);

  const { width, height } = mask;
  const choose = pixels > 0 ? Math.max : Math.min;
  let data = mask.data.slice();
  for (let step = 1; step <= Math.abs(pixels); step++) {
    const across = new Uint8Array(data.length);
    const down = new Uint8Array(data.length);
    const diagonal = Math.round(cornerShare * step) > Math.round(cornerShare * (step - 1));
    alongRows(data, across, width, height, choose);
    alongColumns(diagonal ? across : data, down, width, height, choose);
    for (let i = 0; i < data.length; i++) down[i] = choose(across[i]!, down[i]!);
    data = down;
  }
  return { data, width, height, channels: 1 };
};

/** Half of a Gaussian from its middle on, cut off at three σ; with the other half its sum is 1. */
const gaussian = (sigma: number): Float64Array => {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, x) =>
    Math.exp(-0.5 * (x / sigma) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + 2 * weight, -1);
  return weights.map((weight) => weight / sum);
};

/** One row of the picture blurred down its columns; the first and the last row are repeated. */
const blurColumns = ({ data, width, height }: Raster, weights: Float64Array, y: number, to: Float32Array) => {
  for (let x = 0; x < width; x++) to[x] = data[y * width + x]! * weights[0]!;
  for (let k = 1; k < weights.length; k++) {
    const above = Math.max(0, y - k) * width;
    const below = Math.min(height - 1, y + k) * width;
    const weight = weights[k]!;
    for (let x = 0; x < width; x++) to[x]! += (data[above + x]! + data[below + x]!) * weight;
  }
};

/** A row blurred along itself; its ends are repeated. */
const blurRow = (from: Float32Array, weights: Float64Array, to: Uint8Array): void => {
  const reach = weights.length - 1;
  const padded = new Float32Array(from.length + 2 * reach);
  padded.fill(from[0]!, 0, reach);
  padded.set(from, reach);
  padded.fill(from.at(-1)!, reach + from.length);
  for (let x = 0; x < to.length; x++) {
    let sum = padded[x + reach]! * weights[0]!;
    for (let k = 1; k <= reach; k++) sum += (padded[x + reach - k]! + padded[x + reach + k]!) * weights[k]!;
    to[x] = sum + 0.5;
  }
};

/**
 * The mask blurred by a Gaussian, which makes its edges soft.
 *
 * @param mask one channel, 0…255
 * @param sigma in pixels; 0 leaves the mask as it is
 * @throws RangeError when the mask is not of one channel that fills its geometry, or σ is below 0 or not finite
 */
export const feather = (mask: Raster, sigma: number): Raster => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  if (!Number.isFinite(sigma) || sigma < 0) throw new RangeError(`a blur takes a σ from 0 on, not ${sigma}`);
  if (sigma === 0) return { ...mask, data: mask.data.slice() };

  const { width, height } = mask;
  const weights = gaussian(sigma);
  const data = new Uint8Array(mask.data.length);
  const column = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    blurColumns(mask, weights, y, column);
    blurRow(column, weights, data.subarray(y * width, (y + 1) * width));
  }
  return { data, width, height, channels: 1 };
};
