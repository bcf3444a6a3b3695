import { type Raster, requireChannels, requireRaster } from './raster.js';

/** scipy's Gaussian of σ = 2 pixels, cut off at 4 σ, from the middle outward, to the last bit. */
const weights = [
  0.199474647864745, 0.17603575888479034, 0.12098748976534904, 0.06475993660472744, 0.026995957967298846,
  0.00876430436278587, 0.002215963172596555, 0.0004363490205067883, 6.691628957263553e-5,
];
const radius = weights.length - 1;

type Choose = (a: number, b: number) => number;

/** The least or greatest of each pixel and its four neighbours inside the picture. */
const cross = (data: Uint8Array, width: number, height: number, choose: Choose): Uint8Array => {
  const result = new Uint8Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    const up = y > 0 ? -width : 0;
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x++, i++) {
      const left = x > 0 ? data[i - 1]! : data[i]!;
      const right = x < width - 1 ? data[i + 1]! : data[i]!;
      const beside = choose(choose(left, right), data[i]!);
      result[i] = choose(beside, choose(data[i + up]!, data[i + down]!));
    }
  }
  return result;
};

/** The index inside a line that is mirrored at its ends, the end samples included. */
const mirrored = (at: number, count: number): number => {
  const period = 2 * count;
  const inside = ((at % period) + period) % period;
  return inside < count ? inside : period - 1 - inside;
};

const blurRow = (from: Float64Array, to: Float64Array, width: number): void => {
  const padded = new Float64Array(width + 2 * radius);
  for (let i = 0; i < padded.length; i++) padded[i] = from[mirrored(i - radius, width)]!;
  for (let x = 0; x < width; x++) {
    let sum = padded[x + radius]! * weights[0]!;
    for (let k = radius; k > 0; k--) sum += (padded[x + radius - k]! + padded[x + radius + k]!) * weights[k]!;
    to[x] = sum;
  }
};

/** Blurs one row along the columns. */
const blurColumns = (data: Uint8Array, width: number, height: number, y: number, to: Float64Array): void => {
  for (let x = 0; x < width; x++) to[x] = data[y * width + x]! * weights[0]!;
  for (let k = radius; k > 0; k--) {
    const above = mirrored(y - k, height) * width;
    const below = mirrored(y + k, height) * width;
    const weight = weights[k]!;
    for (let x = 0; x < width; x++) to[x]! += (data[above + x]! + data[below + x]!) * weight;
  }
};

/**
 * A crisp mask: an opening removes specks, a blur smooths the edge, and a threshold leaves 0 and 255.
 *
 * Source: `post_process` of rembg as of January 2026 (skimage's opening by a disk of radius 1, scipy's
 * `gaussian_filter` of σ = 2, threshold 127), to the bit.
 *
 * @param mask one channel, 0…255
 * @throws RangeError when the mask is not of one channel that fills its geometry
 */
export const postProcessMask = (mask: Raster): Raster => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  const { width, height } = mask;

  const eroded = cross(mask.data, width, height, Math.min);
  const opened = cross(eroded, width, height, Math.max);
  const data = new Uint8Array(opened.length);
  const column = new Float64Array(width);
  const row = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    blurColumns(opened, width, height, y, column);
    blurRow(column, row, width);
    for (let x = 0; x < width; x++) data[y * width + x] = row[x]! < 127 ? 0 : 255;
  }
  return { data, width, height, channels: 1 };
};
