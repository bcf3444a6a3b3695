import { entries, runBytes, runCount, runs } from './field';

/** Adds column · rowᵀ to a block of 4 × 4 f32. */
@inline
function outer(block: usize, column: v128, row: v128): void {
  addRow(block, v128.shuffle<i32>(column, column, 0, 0, 0, 0), row);
  addRow(block + 16, v128.shuffle<i32>(column, column, 1, 1, 1, 1), row);
  addRow(block + 32, v128.shuffle<i32>(column, column, 2, 2, 2, 2), row);
  addRow(block + 48, v128.shuffle<i32>(column, column, 3, 3, 3, 3), row);
}

@inline
function addRow(to: usize, factor: v128, row: v128): void {
  v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factor, row)));
}

// The sums over the entries of a pixel, for each of the nine squares around its own.
const ways = memory.data(9 * 16, 16);

@inline
function gather(way: usize, plane: usize, i: usize, mode: usize): void {
  const entry = v128.load32_splat(entries(plane) + (i << 2));
  const to = ways + (way << 4);
  v128.store(to, f32x4.add(v128.load(to), f32x4.mul(entry, v128.load(mode))));
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
    } else if (square > other) outer(block, mode, sum);
    else outer(block, sum, mode);
  }
}

/** Which of the three squares around one a step of up to two pixels leads to, from a pixel of it at `place`. */
@inline
function side(place: i32, size: i32): usize {
  return place < 0 ? 0 : place >= size ? 2 : 1;
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
    const rowOne = side(y + 1, size) * 3;
    const rowTwo = side(y + 2, size) * 3;
    for (let step = 0; step < length; step++) {
      const i = <usize>(first + step);
      const square = load<i32>(squareOf + (i << 2));
      if (++x == size) x = 0;
      if (square < 0) continue;
      const own = modes + (i << 4);
      const mode = v128.load(own);
      const self = ways + (4 << 4);
      v128.store(self, f32x4.mul(mode, f32x4.splat(0.5)));
      gather(3 + side(x + 1, size), 0, i, own + 16);
      gather(3 + side(x + 2, size), 1, i, own + 32);
      for (let dx = -2; dx <= 2; dx++) {
        const column = side(x + dx, size);
        const near = own + (<usize>(<i32>one + dx) << 4);
        const far = own + (<usize>(<i32>two + dx) << 4);
        gather(rowOne + column, <usize>(4 + dx), i, near);
        gather(rowTwo + column, <usize>(9 + dx), i, far);
      }
      spread(square, mode, around + ((<usize>square * 9) << 2), places, blocks);
    }
  }
}
