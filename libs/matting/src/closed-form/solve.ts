import { type Address, MattingKernel } from '../matting-kernel.js';
import type { Raster } from '../raster.js';
import { toBand } from './band.js';
import type { Limits } from './columns.js';
import { iterate, type Progress, startFromNoise, toVectors, type Watch } from './iterate.js';
import { twoGrids } from './preconditioner.js';
import { type Squares, toSquares } from './squares.js';
import { kind, type Pixels, type System, toSystem } from './system.js';

export type Solution = Progress & {
  /** Of the squares, in pixels; 0 when the work stopped before. */
  readonly side: number;
  /** Writes the alpha of the unknown pixels. */
  readonly write: (alpha: Float32Array) => void;
};

const leastSide = 3;
const blockBytes = 64;
/** Limits of the small system's factor: products of blocks for each sample, and blocks. */
export const usualLimits = { products: 300, blocks: (120 * 2 ** 20) / blockBytes };

/**
 * The smallest squares that are cheap enough to factorise. With squares of 3 × 3, which are windows of the Laplacian, the
 * number of iterations hardly depends on the photo; with larger ones, flat colours may take hundreds.
 */
const fittingSquares = (
  { kernel, band, kinds }: System,
  { width, height }: Raster,
  { blocks, products }: Limits,
): Squares => {
  const field = { band, kinds: kernel.bytes(kinds, band.samples), width, height };
  const limits = { blocks, products: products * band.samples };
  for (let side = leastSide; ; side++) {
    const squares = toSquares(field, side, limits);
    if (squares) return squares;
  }
};

const writeAlpha = (
  { kernel, band, scale }: System,
  x: Address,
  sorted: Uint8Array,
  width: number,
  alpha: Float32Array,
): void => {
  const values = kernel.doubles(x, band.samples);
  const scales = kernel.doubles(scale, band.samples);
  const { runs } = band;
  for (let at = 0; at < runs.length; at += 8) {
    const sample = runs[at]!;
    const pixel = runs[at + 7]! * width + runs[at + 6]!;
    for (let i = 0; i < runs[at + 1]!; i++) {
      if (sorted[pixel + i] !== kind.unknown) continue;
      alpha[pixel + i] = Math.min(1, Math.max(0, values[sample + i]! * scales[sample + i]!));
    }
  }
};

/**
 * Solves the unknown pixels at the photo's own size.
 *
 * @param pixels the kind of each, and the alpha of the known ones
 * @param limits of the small system's factor, with the products for each sample
 * @param kernel holds the solution until it is written
 */
export const solveBand = (
  photo: Raster,
  pixels: Pixels,
  watch: Watch,
  limits: Limits = usualLimits,
  kernel: MattingKernel = new MattingKernel(),
): Solution => {
  const { width, height } = photo;
  const { sorted } = pixels;
  const system = toSystem(kernel, photo, pixels, toBand(sorted, width, height, kind.unknown));
  const stopped: Solution = { state: 'stopped', iterations: 0, residual: 1, side: 0, write: () => {} };
  if (watch.shouldStop()) return stopped;

  const squares = fittingSquares(system, photo, limits);
  const preconditioner = twoGrids(system, squares, watch.shouldStop);
  if (!preconditioner) return stopped;
  const vectors = toVectors(system);
  if (squares.side > leastSide || preconditioner.isWide) startFromNoise(system, vectors);
  const progress = iterate(system, vectors, preconditioner, watch);
  return {
    ...progress,
    side: squares.side,
    write: (alpha) => writeAlpha(system, vectors.x, sorted, width, alpha),
  };
};
