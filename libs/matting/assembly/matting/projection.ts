import { entries, runBytes, runCount, runs } from './field';

/** Adds column · rowᵀ to a block of 4 × 4 f32, which is stored column by column. */
@inline
function outer(block: usize, row: v128, column: v128): void {
  addColumn(block, v128.shuffle<i32>(row, row, 0, 0, 0, 0), column);
  addColumn(block + 16, v128.shuffle<i32>(row, row, 1, 1, 1, 1), column);
  addColumn(block + 32, v128.shuffle<i32>(row, row, 2, 2, 2, 2), column);
  addColumn(block + 48, v128.shuffle<i32>(row, row, 3, 3, 3, 3), column);
}

@inline
function addColumn(to: usize, factor: v128, column: v128): void {
  v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factor, column)));
}

// The sums over the entries of a pixel, for each of the nine squares around its own.
const ways = memory.data(9 * 16, 16);

/** The entry of pixel i in a plane times the mode of the other pixel. */
@inline
function term(plane: usize, i: usize, mode: usize): v128 {
  return f32x4.mul(v128.load32_splat(entries(plane) + (i << 2)), v128.load(mode));
}

@inline
function add(way: usize, sum: v128): void {
  const to = ways + (way << 4);
  v128.store(to, f32x4.add(v128.load(to), sum));
}

/**
 * Adds the five terms of a row below to the squares left of a pixel, below it, and right of it, from `way` on.
 *
 * @param plane of the leftmost term
 * @param mode of the pixel just below
 * @param x where the pixel stands in its square
 */
@inline
function addRow(way: usize, plane: usize, i: usize, mode: usize, x: i32, size: i32): void {
  const a = term(plane, i, mode - 32);
  const b = term(plane + 1, i, mode - 16);
  const c = term(plane + 2, i, mode);
  const d = term(plane + 3, i, mode + 16);
  const e = term(plane + 4, i, mode + 32);
  let left = f32x4.splat(0);
  let middle = c;
  let right = left;
  if (x == 0) left = f32x4.add(a, b);
  else if (x == 1) {
    left = a;
    middle = f32x4.add(middle, b);
  } else middle = f32x4.add(middle, f32x4.add(a, b));
  if (x == size - 1) right = f32x4.add(d, e);
  else if (x == size - 2) {
    right = e;
    middle = f32x4.add(middle, d);
  } else middle = f32x4.add(middle, f32x4.add(d, e));
  add(way, left);
  add(way + 1, middle);
  add(way + 2, right);
}

/** Adds the sums of one pixel of the given square to the blocks, and clears them. */
function spread(square: i32, mode: v128, around: usize, places: usize, blocks: usize): void {
  for (let way: usize = 3; way < 9; way++) {
    const from = ways + (way << 4);
    const sum = v128.load(from);
    if (!v128.any_true(sum)) continue;
    v128.store(from, f32x4.splat(0));
    const place = places + ((<usize>square * 9 + way) << 2);
    const other = load<i32>(around + (way << 2));
    const block = blocks + (<usize>load<i32>(place) << 6);
    if (way == 4) {
      outer(block, sum, mode);
      outer(block, mode, sum);
    } else if (square > other) outer(block, sum, mode);
    else outer(block, mode, sum);
  }
}

/**
 * The system as the modes see it, Pᵀ A P, added to the lower triangle of its blocks.
 *
 * @param around for each square the nine around it, row by row
 * @param places the blocks between them
 */
export function project(
  modes: usize,
  squareOf: usize,
  size: i32,
  around: usize,
  places: usize,
  blocks: usize,
): void {
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = load<i32>(from);
    const length = load<i32>(from, 4);
    const one = <usize>load<i32>(from, 16);
    const two = <usize>load<i32>(from, 20);
    let x = (load<i32>(from, 24) + size - 1) % size;
    const y = load<i32>(from, 28) % size;
    const rowOne: usize = y + 1 < size ? 3 : 6;
    const rowTwo: usize = y + 2 < size ? 3 : 6;
    for (let step = 0; step < length; step++) {
      const i = <usize>(first + step);
      const square = load<i32>(squareOf + (i << 2));
      if (++x == size) x = 0;
      if (square < 0) continue;
      const own = modes + (i << 4);
      const mode = v128.load(own);
      // The diagonal is 1, and `spread` adds the own square's block twice.
      add(4, f32x4.mul(mode, f32x4.splat(0.5)));
      add(x + 1 < size ? 4 : 5, term(0, i, own + 16));
      add(x + 2 < size ? 4 : 5, term(1, i, own + 32));
      addRow(rowOne, 2, i, own + (one << 4), x, size);
      addRow(rowTwo, 7, i, own + (two << 4), x, size);
      spread(square, mode, around + ((<usize>square * 9) << 2), places, blocks);
    }
  }
}
