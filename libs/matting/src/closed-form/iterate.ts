import type { Address } from '../matting-kernel.js';
import type { Preconditioner } from './preconditioner.js';
import { RitzValues } from './ritz.js';
import type { System } from './system.js';

export type Watch = {
  /** Called before every iteration; true ends the work. */
  readonly shouldStop: () => boolean;
  readonly onIteration: (iteration: number, error: number) => void;
  /** Iterations after which the solver gives up. */
  readonly mostIterations?: number;
};

export type Progress = {
  readonly state: 'converged' | 'stopped' | 'exhausted';
  readonly iterations: number;
  /** ‖b − A x‖ / ‖b‖ of the scaled system. */
  readonly residual: number;
};

/** Converged when no alpha is estimated to be further off: a third of a level of eight bits. */
const enough = 0.3 / 255;
/** The same where regions hang together loosely: an error that is all of one region's shows late. */
const enoughWide = enough / 8;
const usuallyMost = 500;

export type Vectors = {
  /** f64: the solution, the direction, and its product with the matrix. */
  readonly x: Address;
  readonly p: Address;
  readonly q: Address;
  /** f32 */
  readonly z: Address;
  readonly narrow: Address;
  readonly spare: Address;
};

/** The vectors of the iteration, zeroed, in memory that the preconditioner has left. */
export const toVectors = ({ kernel, planeBytes, colours, scratch }: System): Vectors => {
  kernel.bytes(colours, planeBytes * 6).fill(0);
  kernel.bytes(scratch, planeBytes * 3).fill(0);
  return {
    x: colours,
    p: colours + planeBytes * 2,
    q: colours + planeBytes * 4,
    z: scratch,
    narrow: scratch + planeBytes,
    spare: scratch + planeBytes * 2,
  };
};

/**
 * Sets x to noise. An error that has a part in every eigenvector lets the Ritz values find the least one early.
 */
export const startFromNoise = (
  { kernel, band: { samples }, scale, known: r }: System,
  { x, p, q, narrow }: Vectors,
) => {
  const noise = kernel.doubles(p, samples);
  const scales = kernel.doubles(scale, samples);
  let state = 1;
  for (let i = 0; i < samples; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (scales[i]! > 0) noise[i] = state / 2 ** 32 / scales[i]!;
  }
  kernel.run.apply(p, q);
  kernel.run.advance(1, p, q, x, r, narrow, samples);
};

/**
 * Conjugate gradients, preconditioned, from the given x on.
 *
 * The energy norm of the error is at most that of z = M⁻¹ r, divided by the least eigenvalue of M⁻¹ A. The stop takes the
 * largest change that z makes to an alpha in place of the norm, and the least Ritz value for the eigenvalue: it is an
 * estimate of the largest error, not a bound. Rounding may make a few eigenvalues of A negative, so all signs are accepted.
 */
export const iterate = (
  { kernel, band: { samples }, known: r, scale }: System,
  { x, p, q, z, narrow, spare }: Vectors,
  { precondition, isWide }: Preconditioner,
  { shouldStop, onIteration, mostIterations = usuallyMost }: Watch,
): Progress => {
  const { run } = kernel;
  const norm = Math.sqrt(run.advance(0, p, q, x, r, narrow, samples));
  if (norm === 0) return { state: 'converged', iterations: 0, residual: 0 };

  const ritz = new RitzValues();
  precondition(narrow, z, spare);
  let rz = run.dot(r, z, samples);
  let turn = 0;
  let residual = 1;
  let iteration = 1;
  for (; iteration <= mostIterations; iteration++) {
    if (shouldStop()) return { state: 'stopped', iterations: iteration - 1, residual };
    run.combine(z, turn, p, samples);
    const curvature = run.apply(p, q);
    if (!Number.isFinite(rz / curvature)) break;
    const step = rz / curvature;
    residual = Math.sqrt(run.advance(step, p, q, x, r, narrow, samples)) / norm;

    precondition(narrow, z, spare);
    const next = run.dot(r, z, samples);
    turn = next / rz;
    rz = next;
    ritz.add(step, turn);
    const error = run.largest(z, scale, samples) / ritz.nearest();
    onIteration(iteration, error);
    if (error <= (isWide ? enoughWide : enough))
      return { state: 'converged', iterations: iteration, residual };
  }
  return { state: 'exhausted', iterations: iteration - 1, residual };
};
