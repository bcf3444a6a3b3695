// A = L Lᵀ in blocks of 4 × 4, row by row, f64 until a column is done and f32 from then on; the blocks of a column one after another, its diagonal block first
// and then those below by ascending row. A factorised diagonal block holds the inverse of its triangle.

const blockBytes: usize = 128;
/** A direction with a smaller pivot is ignored: the squares do not have it, or it is rounding. */
const least: f64 = 1e-11;

const turned = memory.data(16 * 8, 16);

@inline
function cell(block: usize, row: usize, column: usize): usize {
  return block + ((row * 4 + column) << 3);
}

/** The triangle of a diagonal block, inverted in its place. */
function invert(block: usize): void {
  for (let k: usize = 0; k < 4; k++) {
    let pivot = load<f64>(cell(block, k, k));
    for (let m: usize = 0; m < k; m++) pivot -= load<f64>(cell(block, k, m)) * load<f64>(cell(block, k, m));
    const inverse = pivot > least ? 1 / Math.sqrt(pivot) : 0;
    for (let row = k + 1; row < 4; row++) {
      let value = load<f64>(cell(block, row, k));
      for (let m: usize = 0; m < k; m++) value -= load<f64>(cell(block, row, m)) * load<f64>(cell(block, k, m));
      store<f64>(cell(block, row, k), value * inverse);
    }
    store<f64>(cell(block, k, k), inverse);
    for (let column = k + 1; column < 4; column++) store<f64>(cell(block, k, column), 0);
  }
  for (let row: usize = 1; row < 4; row++) {
    const inverse = load<f64>(cell(block, row, row));
    for (let column: usize = 0; column < row; column++) {
      let sum: f64 = 0;
      for (let m = column; m < row; m++) sum += load<f64>(cell(block, row, m)) * load<f64>(cell(block, m, column));
      store<f64>(cell(turned, row, column), -sum * inverse);
    }
    for (let column: usize = 0; column < row; column++) {
      store<f64>(cell(block, row, column), load<f64>(cell(turned, row, column)));
    }
  }
}

/** block = block × triangleᵀ */
function divide(block: usize, triangle: usize): void {
  for (let row: usize = 0; row < 4; row++) {
    const a = load<f64>(cell(block, row, 0));
    const b = load<f64>(cell(block, row, 1));
    const c = load<f64>(cell(block, row, 2));
    const d = load<f64>(cell(block, row, 3));
    for (let k: usize = 0; k < 4; k++) {
      const t = cell(triangle, k, 0);
      store<f64>(cell(block, row, k), a * load<f64>(t) + b * load<f64>(t, 8) + c * load<f64>(t, 16) + d * load<f64>(t, 24));
    }
  }
}

function turn(block: usize): void {
  for (let row: usize = 0; row < 4; row++) {
    for (let column: usize = 0; column < 4; column++) {
      store<f64>(cell(turned, column, row), load<f64>(cell(block, row, column)));
    }
  }
}

/** A row of a product: four factors times the rows of `turned`, taken from the row of the target. */
@inline
function subtractRow(target: usize, from: usize, a: v128, b: v128, c: v128, d: v128, offset: usize): void {
  let value = v128.load(target + offset);
  value = f64x2.sub(value, f64x2.mul(v128.load64_splat(from), a));
  value = f64x2.sub(value, f64x2.mul(v128.load64_splat(from, 8), b));
  value = f64x2.sub(value, f64x2.mul(v128.load64_splat(from, 16), c));
  value = f64x2.sub(value, f64x2.mul(v128.load64_splat(from, 24), d));
  v128.store(target + offset, value);
}

/** Takes one block of a column times all from it downward from the column that its row names. */
function subtractAll(rows: usize, blocks: usize, k: i32, end: i32, to: i32): void {
  turn(blocks + <usize>k * blockBytes);
  const a = v128.load(turned);
  const e = v128.load(turned, 16);
  const b = v128.load(turned, 32);
  const f = v128.load(turned, 48);
  const c = v128.load(turned, 64);
  const g = v128.load(turned, 80);
  const d = v128.load(turned, 96);
  const h = v128.load(turned, 112);
  for (let j = k; j < end; j++) {
    const row = load<i32>(rows + (<usize>j << 2));
    while (load<i32>(rows + (<usize>to << 2)) < row) to++;
    const target = blocks + <usize>to * blockBytes;
    const from = blocks + <usize>j * blockBytes;
    for (let at: usize = 0; at < blockBytes; at += 32) {
      subtractRow(target + at, from + at, a, b, c, d, 0);
      subtractRow(target + at, from + at, e, f, g, h, 16);
    }
  }
}

@inline
function narrow(from: usize): v128 {
  const low = f32x4.demote_f64x2_zero(v128.load(from));
  const high = f32x4.demote_f64x2_zero(v128.load(from, 16));
  return v128.shuffle<i32>(low, high, 0, 1, 4, 5);
}

/**
 * Moves a finished block to its place among those of f32, which overwrites blocks that were moved before: the
 * solution reads the factor twice in each iteration, and half the bytes take half the time.
 */
function settle(blocks: usize, k: i32): void {
  const from = blocks + <usize>k * blockBytes;
  const a = narrow(from);
  const b = narrow(from + 32);
  const c = narrow(from + 64);
  const d = narrow(from + 96);
  const to = blocks + ((<usize>k * blockBytes) >> 1);
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
}

/**
 * Factorises columns `from` to `to`, exclusive.
 *
 * @param starts where the blocks of a column begin; one more than there are columns
 * @param rows of each block
 */
export function factorise(from: i32, to: i32, starts: usize, rows: usize, blocks: usize): void {
  for (let column = from; column < to; column++) {
    const first = load<i32>(starts + (<usize>column << 2));
    const end = load<i32>(starts + (<usize>column << 2), 4);
    const triangle = blocks + <usize>first * blockBytes;
    invert(triangle);
    for (let k = first + 1; k < end; k++) divide(blocks + <usize>k * blockBytes, triangle);
    for (let k = first + 1; k < end; k++) {
      const row = load<i32>(rows + (<usize>k << 2));
      subtractAll(rows, blocks, k, end, load<i32>(starts + (<usize>row << 2)));
    }
    for (let k = first; k < end; k++) settle(blocks, k);
  }
}

/** block × vector */
@inline
function times(block: usize, vector: v128): v128 {
  const a = f32x4.mul(v128.load(block), vector);
  const b = f32x4.mul(v128.load(block, 16), vector);
  const c = f32x4.mul(v128.load(block, 32), vector);
  const d = f32x4.mul(v128.load(block, 48), vector);
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 2, 4, 6), v128.shuffle<i32>(c, d, 1, 3, 5, 7));
  return f32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
}

/** blockᵀ × the vector at the address */
@inline
function timesTurned(block: usize, vector: usize): v128 {
  const a = f32x4.mul(v128.load(block), v128.load32_splat(vector));
  const b = f32x4.mul(v128.load(block, 16), v128.load32_splat(vector, 4));
  const c = f32x4.mul(v128.load(block, 32), v128.load32_splat(vector, 8));
  const d = f32x4.mul(v128.load(block, 48), v128.load32_splat(vector, 12));
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

/** v = L⁻ᵀ L⁻¹ v, in place; four f32 for each column. */
export function solve(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  for (let column = 0; column < columns; column++) {
    const first = <usize>load<i32>(starts + (<usize>column << 2));
    const end = <usize>load<i32>(starts + (<usize>column << 2), 4);
    const own = v + (<usize>column << 4);
    const value = times(blocks + (first << 6), v128.load(own));
    v128.store(own, value);
    for (let k = first + 1; k < end; k++) {
      const other = v + (<usize>load<i32>(rows + (k << 2)) << 4);
      v128.store(other, f32x4.sub(v128.load(other), times(blocks + (k << 6), value)));
    }
  }
  for (let column = columns - 1; column >= 0; column--) {
    const first = <usize>load<i32>(starts + (<usize>column << 2));
    const end = <usize>load<i32>(starts + (<usize>column << 2), 4);
    const own = v + (<usize>column << 4);
    let value = v128.load(own);
    for (let k = first + 1; k < end; k++) {
      const other = v + (<usize>load<i32>(rows + (k << 2)) << 4);
      value = f32x4.sub(value, timesTurned(blocks + (k << 6), other));
    }
    v128.store(own, value);
    v128.store(own, timesTurned(blocks + (first << 6), own));
  }
}
