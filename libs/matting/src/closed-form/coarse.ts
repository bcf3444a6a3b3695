import type { Address, MattingKernel } from '../matting-kernel.js';
import type { Squares } from './squares.js';

/** The squares in the kernel's memory. */
export type Placed = {
  readonly squares: Squares;
  readonly squareOf: Address;
  readonly modes: Address;
  readonly around: Address;
  readonly places: Address;
  readonly starts: Address;
  readonly rows: Address;
};

/** A factor of the small system. */
export type Coarse = {
  /** Solves the system in place: four f32 for each square. */
  readonly solve: (v: Address) => void;
  readonly isWide: boolean;
};

/** Bytes of a block of the factor, in f32. */
export const blockBytes = 64;
/** Columns that are factorised between two calls of `shouldStop`. */
const step = 512;

/** Calls `factorise` for some columns at a time. Returns whether it came to the end. */
const inSteps = (
  count: number,
  shouldStop: () => boolean,
  factorise: (from: number, to: number) => void,
): boolean => {
  for (let from = 0; from < count; from += step) {
    if (shouldStop()) return false;
    factorise(from, Math.min(count, from + step));
  }
  return true;
};

/** In f64, with pivots of any sign. */
const factoriseWide = (
  kernel: MattingKernel,
  { squares, squareOf, modes, around, places, starts, rows }: Placed,
  shouldStop: () => boolean,
): Coarse | undefined => {
  const { run } = kernel;
  const { count, side, columns } = squares;
  const blocks = kernel.allocate(columns.rows.length * blockBytes * 2);
  const signs = kernel.allocate(count * 32);
  const wide = kernel.allocate(count * 32);
  run.projectWide(modes, squareOf, side, around, places, blocks);
  const isDone = inSteps(count, shouldStop, (from, to) =>
    run.factoriseWide(from, to, starts, rows, blocks, signs),
  );
  if (!isDone) return undefined;
  return { solve: (v) => run.solveWide(count, starts, rows, blocks, signs, wide, v), isWide: true };
};

/**
 * Factorises the small system. In f32 a pivot below 1e-5 is mostly rounding. Where there is one, whole regions may hang
 * together so loosely that the iteration would not see them, as flat colours beside each other do: then f64 is used, which
 * takes twice the memory and three times the time.
 *
 * @param blocks of the factor in f32, the last memory that the kernel handed out
 * @returns undefined when `shouldStop` returned true
 */
export const factoriseCoarse = (
  kernel: MattingKernel,
  placed: Placed,
  blocks: Address,
  shouldStop: () => boolean,
): Coarse | undefined => {
  const { run } = kernel;
  const { squares, squareOf, modes, around, places, starts, rows } = placed;
  const { count, side } = squares;
  run.project(modes, squareOf, side, around, places, blocks);
  let weak = 0;
  const isDone = inSteps(count, shouldStop, (from, to) => {
    if (weak === 0) weak = run.factorise(from, to, starts, rows, blocks);
  });
  if (!isDone) return undefined;
  if (weak === 0) return { solve: (v) => run.solve(count, starts, rows, blocks, v), isWide: false };
  kernel.release(blocks);
  return factoriseWide(kernel, placed, shouldStop);
};
