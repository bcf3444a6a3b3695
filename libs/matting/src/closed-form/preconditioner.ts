import type { Address } from '../matting-kernel.js';
import { blockBytes, factoriseCoarse } from './coarse.js';
import type { Squares } from './squares.js';
import type { System } from './system.js';

export type Preconditioner = {
  /** z ≈ A⁻¹ r; `spare` is a plane that it may write to. */
  readonly precondition: (r: Address, z: Address, spare: Address) => void;
  /** Whether the small system needed f64: some regions hang together very loosely. */
  readonly isWide: boolean;
};

const bytesOf = ({ count, squareOf, members, around, places, columns }: Squares): number =>
  4 * (squareOf.length + 5 * members.length + around.length + places.length + 6 * count) +
  (4 + blockBytes) * columns.rows.length +
  1024;

/**
 * Two grids: a sweep of Gauss-Seidel, a correction on the squares, and the sweep back. On a square alpha may be any
 * constant plus any multiples of red, green and blue. The matting Laplacian hardly resists these, so that Gauss-Seidel
 * alone would need thousands of sweeps. The small system of the squares is factorised once.
 *
 * Source of the idea: smoothed aggregation with given near-null vectors (Vaněk, Mandel and Brezina, 1996). The sweeps
 * replace the smoothing.
 *
 * @returns undefined when `shouldStop` returned true
 */
export const twoGrids = (
  { kernel, colours, scale, scratch: modes }: System,
  squares: Squares,
  shouldStop: () => boolean,
): Preconditioner | undefined => {
  const { count } = squares;
  const { run } = kernel;
  kernel.reserve(bytesOf(squares));
  const squareOf = kernel.copyIn(squares.squareOf);
  const starts = kernel.copyIn(squares.starts);
  const members = kernel.copyIn(squares.members);
  const around = kernel.copyIn(squares.around);
  const places = kernel.copyIn(squares.places);
  const columnStarts = kernel.copyIn(squares.columns.starts);
  const rows = kernel.copyIn(squares.columns.rows);
  const packed = kernel.allocate(squares.members.length * 16);
  const coarse = kernel.allocate(count * 16);
  const blocks = kernel.allocate(squares.columns.rows.length * blockBytes);

  run.fitModes(count, starts, members, colours, scale, modes, packed, places, blocks);
  const placed = { squares, squareOf, modes, around, places, starts: columnStarts, rows };
  const factor = factoriseCoarse(kernel, placed, blocks, shouldStop);
  if (!factor) return undefined;

  const precondition: Preconditioner['precondition'] = (r, z, spare) => {
    run.forward(r, z);
    run.upper(z, spare);
    run.restrict(count, starts, members, packed, spare, coarse);
    factor.solve(coarse);
    run.prolong(count, starts, members, packed, coarse, z);
    run.backward(r, z);
  };
  return { precondition, isWide: factor.isWide };
};
