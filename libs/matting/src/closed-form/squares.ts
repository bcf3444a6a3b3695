import { type Band, runInts } from './band.js';
import { blockAt, type Columns, fillColumns, type Limits } from './columns.js';
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
  /** The 3 × 3 squares around each square, row by row, -1 for none, and the blocks between, but for the row above. */
  readonly around: Int32Array;
  readonly places: Int32Array;
};

const nine = 9;
/** Those of the nine squares around one that no entry right of or below a pixel leads to. */
const rowAbove = 3;

/** The samples, with one kind each, 2 for unknown, and the size of the picture. */
type Field = {
  readonly band: Band;
  readonly kinds: Uint8Array;
  readonly width: number;
  readonly height: number;
};

type Grid = { readonly side: number; readonly across: number };

/** Calls `visit` for every unknown sample with the cell of the grid that it lies in. */
const eachUnknown = (
  { runs }: Band,
  kinds: Uint8Array,
  { side, across }: Grid,
  visit: (sample: number, cell: number) => void,
): void => {
  for (let at = 0; at < runs.length; at += runInts) {
    const first = runs[at]!;
    const length = runs[at + 1]!;
    const x = runs[at + 6]!;
    let cell = Math.floor(runs[at + 7]! / side) * across + Math.floor(x / side);
    let left = side - (x % side);
    for (let sample = first; sample < first + length; sample++) {
      if (kinds[sample] === 2) visit(sample, cell);
      if (--left > 0) continue;
      left = side;
      cell++;
    }
  }
};

const neighboursOf = (cells: Int32Array, numberOf: Int32Array, across: number): Int32Array => {
  const neighbours = new Int32Array(cells.length * nine).fill(-1);
  const down = numberOf.length / across;
  for (let square = 0; square < cells.length; square++) {
    const x = cells[square]! % across;
    const y = Math.floor(cells[square]! / across);
    for (let k = 0; k < nine; k++) {
      const column = x + (k % 3) - 1;
      const row = y + Math.floor(k / 3) - 1;
      if (column < 0 || row < 0 || column >= across || row >= down) continue;
      neighbours[square * nine + k] = numberOf[row * across + column]!;
    }
  }
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
  let count = 0;
  for (let cell = 0; cell < taken.length; cell++) count += taken[cell]!;
  const listed = new Int32Array(count);
  for (let cell = 0, at = 0; at < count; cell++) if (taken[cell] === 1) listed[at++] = cell;
  const order = dissect(
    listed.map((cell) => cell % across),
    listed.map((cell) => Math.floor(cell / across)),
  );
  const cells = order.map((point) => listed[point]!);
  const numberOf = new Int32Array(taken.length).fill(-1);
  for (let square = 0; square < count; square++) numberOf[cells[square]!] = square;
  return { cells, numberOf };
};

const placesOf = (neighbours: Int32Array, columns: Columns): Int32Array => {
  const places = new Int32Array(neighbours.length);
  for (let square = 0, first = 0; first < places.length; square++, first += nine) {
    for (let at = first + rowAbove; at < first + nine; at++) {
      const other = neighbours[at]!;
      if (other >= 0) places[at] = blockAt(columns, Math.max(square, other), Math.min(square, other));
    }
  }
  return places;
};

/** Undefined when the factor would be too large. */
export const toSquares = (
  { band, kinds, width, height }: Field,
  side: number,
  limits: Limits,
): Squares | undefined => {
  const across = Math.ceil(width / side);
  const taken = new Uint8Array(across * Math.ceil(height / side));
  const grid = { side, across };
  eachUnknown(band, kinds, grid, (_, cell) => {
    taken[cell] = 1;
  });

  const { cells, numberOf } = numberCells(taken, across);
  const neighbours = neighboursOf(cells, numberOf, across);
  const columns = fillColumns(cells.length, neighbours, nine, limits);
  if (!columns) return undefined;

  const squareOf = new Int32Array(band.samples).fill(-1);
  eachUnknown(band, kinds, grid, (sample, cell) => {
    squareOf[sample] = numberOf[cell]!;
  });
  return {
    count: cells.length,
    side,
    squareOf,
    ...sortMembers(squareOf, cells.length),
    columns,
    around: neighbours,
    places: placesOf(neighbours, columns),
  };
};
