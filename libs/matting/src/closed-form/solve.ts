import type { Raster } from '../raster.js';
import { toBand } from './band.js';
import { twoGrids, type Precondition } from './preconditioner.js';
import { type Squares, toSquares } from './squares.js';
import { kind, type System, toSystem } from './system.js';

export type Watch = {
  /** Called before every iteration; true ends the work. */
  readonly shouldStop: () => boolean;
  readonly onIteration: (iteration: number, largestStep: number) => void;
};

export type Solution = {
  readonly state: 'converged' | 'stopped' | 'exhausted';
  readonly iterations: number;
  /** ‖b − A x‖ / ‖b‖ of the scaled system. */
  readonly residual: number;
  /** Writes the alpha of the unknown pixels. */
  readonly write: (alpha: Float32Array) => void;
};

/** Converged when two steps in a row change no pixel by more than one level of eight bits. */
const enough = 1 / 255;
const mostIterations = 500;

const side = { first: 6, step: 3 };
/** Limit of the small system's factor. Larger squares make it smaller and need more iterations. */
const mostFactorBytes = 320 * 2 ** 20;
const blockBytes = 128;

const fittingSquares = ({ kernel, band, kinds }: System, { width, height }: Raster): Squares => {
  const known = kernel.bytes(kinds, band.samples);
  for (let pixels = side.first; ; pixels += side.step) {
    const squares = toSquares(band, known, width, height, pixels);
    if (squares.columns.rows.length * blockBytes <= mostFactorBytes) return squares;
  }
};

const writeAlpha = (
  system: System,
  x: number,
  sorted: Uint8Array,
  width: number,
  alpha: Float32Array,
): void => {
  const { kernel, band, scale } = system;
  const values = kernel.floats(x, band.samples);
  const scales = kernel.floats(scale, band.samples);
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

type Progress = Omit<Solution, 'write'>;

/** Conjugate gradients from x = 0, preconditioned. */
const iterate = (system: System, x: number, precondition: Precondition, watch: Watch): Progress => {
  const { kernel, band, planeBytes, known: r, scale } = system;
  const { run } = kernel;
  const { samples } = band;
  const [p, q, z] = [kernel.allocate(planeBytes), kernel.allocate(planeBytes), kernel.allocate(planeBytes)];
  const norm = Math.sqrt(run.dot(r, r, samples));

  let rz = 0;
  let quiet = 0;
  let residual = 1;
  for (let iteration = 1; iteration <= mostIterations; iteration++) {
    if (watch.shouldStop()) return { state: 'stopped', iterations: iteration - 1, residual };
    precondition(r, z, q);
    const next = run.dot(r, z, samples);
    run.combine(z, rz === 0 ? 0 : next / rz, p, samples);
    rz = next;

    const curvature = run.apply(p, q);
    // The right side was zero, or the residual is down to rounding.
    if (!(curvature > 0)) return { state: 'converged', iterations: iteration - 1, residual: 0 };
    const step = run.advance(rz / curvature, p, q, x, r, scale, samples);
    residual = Math.sqrt(run.dot(r, r, samples)) / norm;
    watch.onIteration(iteration, step);
    quiet = step <= enough ? quiet + 1 : 0;
    if (quiet === 2) return { state: 'converged', iterations: iteration, residual };
  }
  return { state: 'exhausted', iterations: mostIterations, residual };
};

/**
 * Solves the unknown pixels at the photo's own size.
 *
 * @param sorted the kind of each pixel
 */
export const solveBand = (photo: Raster, sorted: Uint8Array, watch: Watch): Solution => {
  const { width, height } = photo;
  const system = toSystem(photo, sorted, toBand(sorted, width, height, kind.unknown));
  const x = system.kernel.allocate(system.planeBytes);
  const write = (alpha: Float32Array) => writeAlpha(system, x, sorted, width, alpha);
  const stopped: Solution = { state: 'stopped', iterations: 0, residual: 1, write };
  if (watch.shouldStop()) return stopped;

  const precondition = twoGrids(system, fittingSquares(system, photo), watch.shouldStop);
  if (!precondition) return stopped;
  return { ...iterate(system, x, precondition, watch), write };
};
