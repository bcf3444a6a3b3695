import { entries, planeBytes, runBytes, runCount, runs } from './field';
import { oddCount, oddLackOf, oddSampleOf } from './operator';

// The system as the modes see it, in f64: where colours repeat, the energy of a mode may be far below what f32 resolves.

/** Of a block of 4 × 4 f64, column by column. */
const blockBytes: usize = 128;

/** Adds column · rowᵀ to a block; each vector has a low and a high half. */
@inline
function outer(block: usize, rowLow: v128, rowHigh: v128, low: v128, high: v128): void {
  addColumn(block, f64x2.splat(f64x2.extract_lane(rowLow, 0)), low, high);
  addColumn(block + 32, f64x2.splat(f64x2.extract_lane(rowLow, 1)), low, high);
  addColumn(block + 64, f64x2.splat(f64x2.extract_lane(rowHigh, 0)), low, high);
  addColumn(block + 96, f64x2.splat(f64x2.extract_lane(rowHigh, 1)), low, high);
}

@inline
function addColumn(to: usize, factor: v128, low: v128, high: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.mul(factor, low)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(factor, high)), 16);
}

@inline
function lowOf(mode: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load(mode));
}

@inline
function highOf(mode: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(mode, 8));
}

// The sums over the entries of a pixel, for each of the nine squares around its own: four f64 each.
const ways = memory.data(9 * 32, 16);

@inline
function add(way: usize, entry: f64, mode: usize): void {
  const to = ways + (way << 5);
  addColumn(to, f64x2.splat(entry), lowOf(mode), highOf(mode));
}

/** Adds the sums of one pixel of the given square to the blocks, and clears them. */
function spread(square: i32, mode: usize, around: usize, places: usize, blocks: usize): void {
  const low = lowOf(mode);
  const high = highOf(mode);
  for (let way: usize = 3; way < 9; way++) {
    const from = ways + (way << 5);
    const sumLow = v128.load(from);
    const sumHigh = v128.load(from, 16);
    if (!v128.any_true(v128.or(sumLow, sumHigh))) continue;
    v128.store(from, f64x2.splat(0));
    v128.store(from, f64x2.splat(0), 16);
    const at = <usize>square * 9 + way;
    const other = load<i32>(around + (at << 2));
    const block = blocks + <usize>load<i32>(places + (at << 2)) * blockBytes;
    if (way == 4 || square > other) outer(block, sumLow, sumHigh, low, high);
    if (way == 4 || square <= other) outer(block, low, high, sumLow, sumHigh);
  }
}

/** The entry in a plane as f64. */
@inline
function entryOf(plane: usize, i: usize): f64 {
  const at = entries(plane) + (i << 2);
  return <f64>load<f32>(at) + <f64>load<f32>(at + planeBytes);
}

/** Adds the diagonal of the few pixels where it is not 1. */
function addOdd(modes: usize, squareOf: usize, places: usize, blocks: usize): void {
  for (let k = 0; k < oddCount; k++) {
    const i = <usize>oddSampleOf(k);
    const square = <usize>load<i32>(squareOf + (i << 2));
    const low = lowOf(modes + (i << 4));
    const high = highOf(modes + (i << 4));
    const lack = f64x2.splat(oddLackOf(k));
    const block = blocks + <usize>load<i32>(places + ((square * 9 + 4) << 2)) * blockBytes;
    outer(block, f64x2.mul(lack, low), f64x2.mul(lack, high), low, high);
  }
}

/** As `project`, with blocks of f64. */
export function projectWide(
  modes: usize,
  squareOf: usize,
  size: i32,
  around: usize,
  places: usize,
  blocks: usize,
): void {
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = load<i32>(from);
    const end = first + load<i32>(from, 4);
    const one = <usize>load<i32>(from, 16) << 4;
    const two = <usize>load<i32>(from, 20) << 4;
    let x = load<i32>(from, 24) % size;
    const y = load<i32>(from, 28) % size;
    const rowOne = y + 1 < size ? 4 : 7;
    const rowTwo = y + 2 < size ? 4 : 7;
    for (let sample = first; sample < end; sample++, x = x + 1 < size ? x + 1 : 0) {
      const i = <usize>sample;
      const square = load<i32>(squareOf + (i << 2));
      if (square < 0) continue;
      const own = modes + (i << 4);
      // The diagonal is 1, and `spread` adds the own square's block twice.
      add(4, 0.5, own);
      add(x + 1 < size ? 4 : 5, entryOf(0, i), own + 16);
      add(x + 2 < size ? 4 : 5, entryOf(1, i), own + 32);
      for (let k = 0; k < 5; k++) {
        const aside = x + k - 2;
        const to = aside < 0 ? -1 : aside < size ? 0 : 1;
        const step = (<usize>k << 4) - 32;
        add(<usize>(rowOne + to), entryOf(2 + k, i), own + one + step);
        add(<usize>(rowTwo + to), entryOf(7 + k, i), own + two + step);
      }
      spread(square, own, around, places, blocks);
    }
  }
  addOdd(modes, squareOf, places, blocks);
}
