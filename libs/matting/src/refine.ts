import { type Raster, requireChannels, requireRaster } from './raster.js';

/**
 * Stretches the mask: values up to `low` become 0, those from `high` on 255, and those between are spread evenly.
 *
 * @param mask one channel, 0…255
 * @throws RangeError when the mask is not of one channel that fills its geometry, or `low` is not below `high`
 */
export const stretch = (mask: Raster, { low, high }: { low: number; high: number }): Raster => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  if (!(low < high))
    throw new RangeError(`levels reach from a lower to a higher value, not from ${low} to ${high}`);

  const levels = Uint8ClampedArray.from(
    { length: 256 },
    (_, sample) => ((sample - low) * 255) / (high - low),
  );
  return { ...mask, data: mask.data.map((sample) => levels[sample]!) };
};

/** The share of diagonal steps that makes a regular octagon. */
const cornerShare = Math.SQRT2 - 1;

/** The least of each pixel and its left and right neighbours inside the picture. */
const leastAcross = (from: Uint8Array, to: Uint8Array, width: number): void => {
  for (let begin = 0; begin < from.length; begin += width) {
    const end = begin + width;
    let before = from[begin]!;
    let at = before;
    for (let i = begin; i < end; i++) {
      const behind = i + 1 < end ? from[i + 1]! : at;
      const least = before < at ? before : at;
      to[i] = least < behind ? least : behind;
      before = at;
      at = behind;
    }
  }
};

/** The least of each sample of `across` and of its neighbours above and below in `from`. */
const leastDown = (across: Uint8Array, from: Uint8Array, to: Uint8Array, width: number): void => {
  const last = from.length - width;
  for (let begin = 0; begin < from.length; begin += width) {
    const up = begin > 0 ? -width : 0;
    const down = begin < last ? width : 0;
    for (let i = begin; i < begin + width; i++) {
      const above = from[i + up]!;
      const below = from[i + down]!;
      const least = above < below ? above : below;
      to[i] = least < across[i]! ? least : across[i]!;
    }
  }
};

/** Shrinks a copy of the mask by so many steps. */
const shrink = (mask: Uint8Array, width: number, steps: number): Uint8Array => {
  let data = mask.slice();
  let spare = new Uint8Array(data.length);
  const across = new Uint8Array(data.length);
  for (let step = 1; step <= steps; step++) {
    const isDiagonal = Math.round(cornerShare * step) > Math.round(cornerShare * (step - 1));
    leastAcross(data, across, width);
    leastDown(across, isDiagonal ? across : data, spare, width);
    [data, spare] = [spare, data];
  }
  return data;
};

/**
 * Grows (above 0) or shrinks (below 0) the mask by whole pixels, about alike in all directions: each step covers the four
 * neighbours, or all eight as often as an octagon needs. Soft edges stay soft. Pixels outside the picture are ignored.
 *
 * @param mask one channel, 0…255
 * @throws RangeError when the mask is not of one channel that fills its geometry, or `pixels` is not a whole number
 */
export const offsetEdge = (mask: Raster, pixels: number): Raster => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  if (!Number.isInteger(pixels)) throw new RangeError(`an edge moves by whole pixels, not ${pixels}`);

  const { width } = mask;
  if (pixels <= 0) return { ...mask, data: shrink(mask.data, width, -pixels) };
  // To grow the subject is to shrink its inverse.
  const grown = shrink(
    mask.data.map((sample) => 255 - sample),
    width,
    pixels,
  );
  return { ...mask, data: grown.map((sample) => 255 - sample) };
};

/** The right half of a Gaussian, cut off at 3 σ; both halves together sum to 1. */
const gaussian = (sigma: number): Float64Array => {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, x) =>
    Math.exp(-0.5 * (x / sigma) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + 2 * weight, -1);
  return weights.map((weight) => weight / sum);
};

/**
 * Blurs one row along the columns; the first and the last row are repeated. Four independent sums at a time keep the
 * processor busy.
 */
const blurColumns = (
  { data, width, height }: Omit<Raster, 'channels'>,
  weights: Float64Array,
  y: number,
  to: Float32Array,
): void => {
  for (let x = 0; x < width; x += 4) {
    const at = y * width + x;
    let sum0 = data[at]! * weights[0]!;
    let sum1 = data[at + 1]! * weights[0]!;
    let sum2 = data[at + 2]! * weights[0]!;
    let sum3 = data[at + 3]! * weights[0]!;
    for (let k = 1; k < weights.length; k++) {
      const above = (y < k ? 0 : y - k) * width + x;
      const below = (y + k < height ? y + k : height - 1) * width + x;
      const weight = weights[k]!;
      sum0 += (data[above]! + data[below]!) * weight;
      sum1 += (data[above + 1]! + data[below + 1]!) * weight;
      sum2 += (data[above + 2]! + data[below + 2]!) * weight;
      sum3 += (data[above + 3]! + data[below + 3]!) * weight;
    }
    to[x] = sum0;
    to[x + 1] = sum1;
    to[x + 2] = sum2;
    to[x + 3] = sum3;
  }
};

/** Blurs a row along itself, four samples at a time; its ends are repeated. */
const blurRow = (from: Float32Array, weights: Float64Array, to: Uint8Array): void => {
  const reach = weights.length - 1;
  const padded = new Float64Array(from.length + 2 * reach + 4);
  padded.fill(from[0]!, 0, reach);
  padded.set(from, reach);
  padded.fill(from.at(-1)!, reach + from.length);
  for (let x = 0; x < to.length; x += 4) {
    const at = x + reach;
    let sum0 = padded[at]! * weights[0]!;
    let sum1 = padded[at + 1]! * weights[0]!;
    let sum2 = padded[at + 2]! * weights[0]!;
    let sum3 = padded[at + 3]! * weights[0]!;
    for (let k = 1; k <= reach; k++) {
      const weight = weights[k]!;
      const left = at - k;
      const right = at + k;
      sum0 += (padded[left]! + padded[right]!) * weight;
      sum1 += (padded[left + 1]! + padded[right + 1]!) * weight;
      sum2 += (padded[left + 2]! + padded[right + 2]!) * weight;
      sum3 += (padded[left + 3]! + padded[right + 3]!) * weight;
    }
    to[x] = sum0 + 0.5;
    if (x + 1 < to.length) to[x + 1] = sum1 + 0.5;
    if (x + 2 < to.length) to[x + 2] = sum2 + 0.5;
    if (x + 3 < to.length) to[x + 3] = sum3 + 0.5;
  }
};

/**
 * Blurs the mask by a Gaussian, which makes its edges soft.
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
  // The last group of four may reach up to three samples past the end.
  const source = new Uint8Array(data.length + 3);
  source.set(mask.data);
  const column = new Float32Array(width + 3);
  const row = column.subarray(0, width);
  for (let y = 0; y < height; y++) {
    blurColumns({ data: source, width, height }, weights, y, column);
    blurRow(row, weights, data.subarray(y * width, (y + 1) * width));
  }
  return { data, width, height, channels: 1 };
};
