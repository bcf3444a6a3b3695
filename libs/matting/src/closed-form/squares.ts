import { type Band, runInts } from './band.js';
import { blockAt, type Columns, fillColumns } from './columns.js';
import { dissect } from './dissection.js';

/** The squares of the picture with unknown pixels, in the order of elimination. */
export type Squares = {
  readonly count: number;
  /** Pixels on a side. */
  readonly side: number;
  /** The square of each sample, -1 for known pixels. */
  readonly squareOf: Int32Array;
  /** The samples of each square, from `starts[square]` on. */
  readonly starts: Int32Array;
  readonly members: Int32Array;
  readonly columns: Columns;
  /** The 3 × 3 squares around each square, row by row, -1 for none, and the blocks between them. */
  readonly around: Int32Array;
  readonly places: Int32Array;
};

const nine = 9;

type Visit = (sample: number, cell: number) => void;

const eachUnknown = (
  band: Band,
  unknown: (sample: number) => boolean,
  side: number,
  across: number,
  visit: Visit,
) => {
  const { runs } = band;
  for (let at = 0; at < runs.length; at += runInts) {
    const row = Math.floor(runs[at + 7]! / side) * across;
    const x = runs[at + 6]!;
    for (let step = 0; step < runs[at + 1]!; step++) {
      const sample = runs[at]! + step;
      if (unknown(sample)) visit(sample, row + Math.floor((x + step) / side));
    }
  }
};

const neighboursOf = (cells: Int32Array, numberOf: Int32Array, across: number): Int32Array => {
  const neighbours = new Int32Array(cells.length * nine).fill(-1);
  const down = numberOf.length / across;
  cells.forEach((cell, square) => {
    const x = cell % across;
    const y = Math.floor(cell / across);
    for (let k = 0; k < nine; k++) {
      const column = x + (k % 3) - 1;
      const row = y + Math.floor(k / 3) - 1;
      if (column < 0 || row < 0 || column >= across || row >= down) continue;
      neighbours[square * nine + k] = numberOf[row * across + column]!;
    }
  });
  return neighbours;
};

const sortMembers = (squareOf: Int32Array, count: number): { starts: Int32Array; members: Int32Array } => {
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < squareOf.length; i++) if (squareOf[i]! >= 0) starts[squareOf[i]! + 1]!++;
  for (let square = 0; square < count; square++) starts[square + 1]! += starts[square]!;

  const next = starts.slice();
  const members = new Int32Array(starts[count]!);
  for (let i = 0; i < squareOf.length; i++) if (squareOf[i]! >= 0) members[next[squareOf[i]!]!++] = i;
  return { starts, members };
};

/** The cells of the grid with unknown pixels, in the order of elimination, and the number of each cell. */
const numberCells = (taken: Uint8Array, across: number): { cells: Int32Array; numberOf: Int32Array } => {
  const found: number[] = [];
  for (let cell = 0; cell < taken.length; cell++) if (taken[cell] === 1) found.push(cell);
  const listed = Int32Array.from(found);
  const order = dissect(
    listed.map((cell) => cell % across),
    listed.map((cell) => Math.floor(cell / across)),
  );
  const cells = order.map((point) => listed[point]!);
  const numberOf = new Int32Array(taken.length).fill(-1);
  cells.forEach((cell, square) => {
    numberOf[cell] = square;
  });
  return { cells, numberOf };
};

/** @param kinds one per sample, 2 for unknown */
export const toSquares = (
  band: Band,
  kinds: Uint8Array,
  width: number,
  height: number,
  side: number,
): Squares => {
  const across = Math.ceil(width / side);
  const taken = new Uint8Array(across * Math.ceil(height / side));
  const unknown = (sample: number) => kinds[sample] === 2;
  eachUnknown(band, unknown, side, across, (_, cell) => {
    taken[cell] = 1;
  });

  const { cells, numberOf } = numberCells(taken, across);
  const squareOf = new Int32Array(band.samples).fill(-1);
  eachUnknown(band, unknown, side, across, (sample, cell) => {
    squareOf[sample] = numberOf[cell]!;
  });

  const neighbours = neighboursOf(cells, numberOf, across);
  const columns = fillColumns(cells.length, neighbours, nine);
  const places = neighbours.map((other, at) => {
    const square = Math.floor(at / nine);
    return other < 0 ? 0 : blockAt(columns, Math.max(square, other), Math.min(square, other));
  });
  return {
    count: cells.length,
    side,
    squareOf,
    ...sortMembers(squareOf, cells.length),
    columns,
    around: neighbours,
    places,
  };
};
