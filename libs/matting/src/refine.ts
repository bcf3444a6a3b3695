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

type Lines = {
  readonly count: number;
  readonly step: number;
  readonly lines: number;
  readonly apart: number;
};

/** The ends of a line are repeated. */
const blur = (
  from: Float32Array,
  { count, step, lines, apart }: Lines,
  weights: Float64Array,
): Float32Array => {
  const to = new Float32Array(from.length);
  for (let line = 0; line < lines; line++) {
    const start = line * apart;
    for (let i = 0; i < count; i++) {
      let sum = from[start + i * step]! * weights[0]!;
      for (let k = 1; k < weights.length; k++) {
        const before = start + Math.max(0, i - k) * step;
        const after = start + Math.min(count - 1, i + k) * step;
        sum += (from[before]! + from[after]!) * weights[k]!;
      }
      to[start + i * step] = sum;
    }
  }
  return to;
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
  const rows = { count: width, step: 1, lines: height, apart: width };
  const columns = { count: height, step: width, lines: width, apart: 1 };
  const soft = blur(blur(Float32Array.from(mask.data), rows, weights), columns, weights);
  return { data: Uint8Array.from(soft, (sample) => Math.round(sample)), width, height, channels: 1 };
};
