// A = L Lᵀ in blocks of 4 × 4 f32, column by column; the blocks of a column one after another, its diagonal block first
// and then those below by ascending row. A factorised diagonal block holds the inverse of its triangle.

const blockBytes: usize = 64;
/** A direction with a smaller pivot is ignored: the squares do not have it, or it is rounding. */
const least: f64 = 1e-7;
/** A smaller pivot consists of rounding for a good part. */
const weak: f64 = 1e-5;
/** How many pivots were weak. */
let weakCount: i32 = 0;

// A diagonal block and the inverse of its triangle, in f64.
const wide = memory.data(16 * 8, 16);
const inverted = memory.data(16 * 8, 16);

@inline
function cell(block: usize, row: usize, column: usize): usize {
  return block + ((row * 4 + column) << 3);
}

/** Cholesky of the wide block in place; its diagonal holds reciprocals, 0 for an ignored direction. */
function factoriseWide(): void {
  for (let k: usize = 0; k < 4; k++) {
    let pivot = load<f64>(cell(wide, k, k));
    for (let m: usize = 0; m < k; m++) pivot -= load<f64>(cell(wide, k, m)) * load<f64>(cell(wide, k, m));
    const inverse = pivot > least ? 1 / Math.sqrt(pivot) : 0;
    if (pivot < weak) weakCount++;
    for (let row = k + 1; row < 4; row++) {
      let value = load<f64>(cell(wide, row, k));
      for (let m: usize = 0; m < k; m++) value -= load<f64>(cell(wide, row, m)) * load<f64>(cell(wide, k, m));
      store<f64>(cell(wide, row, k), value * inverse);
    }
    store<f64>(cell(wide, k, k), inverse);
  }
}

/** The triangle of a diagonal block, inverted in its place. */
function invert(block: usize): void {
  for (let i: usize = 0; i < 16; i++) store<f64>(wide + (i << 3), <f64>load<f32>(block + (i << 2)));
  factoriseWide();
  for (let row: usize = 0; row < 4; row++) {
    const inverse = load<f64>(cell(wide, row, row));
    for (let column: usize = 0; column < 4; column++) {
      let value: f64 = column == row ? inverse : 0;
      if (column < row) {
        let sum: f64 = 0;
        for (let m = column; m < row; m++) sum += load<f64>(cell(wide, row, m)) * load<f64>(cell(inverted, m, column));
        value = -sum * inverse;
      }
      store<f64>(cell(inverted, row, column), value);
      store<f32>(block + ((column * 4 + row) << 2), <f32>value);
    }
  }
}

/** The first columns of a block times the numbers from an address on, which are as far apart as rows of a column. */
@inline
function combine(a: v128, b: v128, c: v128, d: v128, by: usize): v128 {
  const low = f32x4.add(f32x4.mul(a, v128.load32_splat(by)), f32x4.mul(b, v128.load32_splat(by, 16)));
  return f32x4.add(low, f32x4.add(f32x4.mul(c, v128.load32_splat(by, 32)), f32x4.mul(d, v128.load32_splat(by, 48))));
}

/** block = block × triangleᵀ; what stands above the diagonal of a triangle is 0. */
@inline
function divide(block: usize, triangle: usize): void {
  const a = v128.load(block);
  const b = v128.load(block, 16);
  const c = v128.load(block, 32);
  const d = v128.load(block, 48);
  v128.store(block, combine(a, b, c, d, triangle));
  v128.store(block, combine(a, b, c, d, triangle + 4), 16);
  v128.store(block, combine(a, b, c, d, triangle + 8), 32);
  v128.store(block, combine(a, b, c, d, triangle + 12), 48);
}

/** Takes one block of a column times all from it downward from the column that its row names. */
function subtractAll(rows: usize, blocks: usize, k: i32, end: i32, to: i32): void {
  const own = blocks + <usize>k * blockBytes;
  for (let j = k; j < end; j++) {
    const at = load<i32>(rows + (<usize>j << 2));
    while (load<i32>(rows + (<usize>to << 2)) < at) to++;
    const target = blocks + <usize>to * blockBytes;
    const from = blocks + <usize>j * blockBytes;
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    v128.store(target, f32x4.sub(v128.load(target), combine(a, b, c, d, own)));
    v128.store(target, f32x4.sub(v128.load(target, 16), combine(a, b, c, d, own + 4)), 16);
    v128.store(target, f32x4.sub(v128.load(target, 32), combine(a, b, c, d, own + 8)), 32);
    v128.store(target, f32x4.sub(v128.load(target, 48), combine(a, b, c, d, own + 12)), 48);
  }
}

/**
 * Factorises columns `from` to `to`, exclusive. Returns how many pivots are lost in the rounding of f32.
 *
 * @param starts where the blocks of a column begin; one more than there are columns
 * @param rows of each block
 */
export function factorise(from: i32, to: i32, starts: usize, rows: usize, blocks: usize): i32 {
  weakCount = 0;
  for (let at = from; at < to; at++) {
    const first = load<i32>(starts + (<usize>at << 2));
    const end = load<i32>(starts + (<usize>at << 2), 4);
    const triangle = blocks + <usize>first * blockBytes;
    invert(triangle);
    for (let k = first + 1; k < end; k++) divide(blocks + <usize>k * blockBytes, triangle);
    for (let k = first + 1; k < end; k++) {
      const below = load<i32>(rows + (<usize>k << 2));
      subtractAll(rows, blocks, k, end, load<i32>(starts + (<usize>below << 2)));
    }
  }
  return weakCount;
}

/** block × vector */
@inline
function times(block: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  const low = f32x4.add(f32x4.mul(v128.load(block), a), f32x4.mul(v128.load(block, 16), b));
  return f32x4.add(low, f32x4.add(f32x4.mul(v128.load(block, 32), c), f32x4.mul(v128.load(block, 48), d)));
}

/** The sums of the four vectors. */
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 2, 4, 6), v128.shuffle<i32>(c, d, 1, 3, 5, 7));
  return f32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
}

/** v = L⁻¹ v */
function solveLower(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  for (let column = 0; column < columns; column++) {
    const first = <usize>load<i32>(starts + (<usize>column << 2));
    const end = <usize>load<i32>(starts + (<usize>column << 2), 4);
    const own = v + (<usize>column << 4);
    const value = times(
      blocks + (first << 6),
      v128.load32_splat(own),
      v128.load32_splat(own, 4),
      v128.load32_splat(own, 8),
      v128.load32_splat(own, 12),
    );
    v128.store(own, value);
    const a = v128.shuffle<i32>(value, value, 0, 0, 0, 0);
    const b = v128.shuffle<i32>(value, value, 1, 1, 1, 1);
    const c = v128.shuffle<i32>(value, value, 2, 2, 2, 2);
    const d = v128.shuffle<i32>(value, value, 3, 3, 3, 3);
    for (let k = first + 1; k < end; k++) {
      const other = v + (<usize>load<i32>(rows + (k << 2)) << 4);
      v128.store(other, f32x4.sub(v128.load(other), times(blocks + (k << 6), a, b, c, d)));
    }
  }
}

/** v = L⁻ᵀ v */
function solveUpper(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  for (let column = columns - 1; column >= 0; column--) {
    const first = <usize>load<i32>(starts + (<usize>column << 2));
    const end = <usize>load<i32>(starts + (<usize>column << 2), 4);
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let k = first + 1; k < end; k++) {
      const other = v128.load(v + (<usize>load<i32>(rows + (k << 2)) << 4));
      const block = blocks + (k << 6);
      a = f32x4.add(a, f32x4.mul(v128.load(block), other));
      b = f32x4.add(b, f32x4.mul(v128.load(block, 16), other));
      c = f32x4.add(c, f32x4.mul(v128.load(block, 32), other));
      d = f32x4.add(d, f32x4.mul(v128.load(block, 48), other));
    }
    const own = v + (<usize>column << 4);
    const value = f32x4.sub(v128.load(own), sums(a, b, c, d));
    const triangle = blocks + (first << 6);
    a = f32x4.mul(v128.load(triangle), value);
    b = f32x4.mul(v128.load(triangle, 16), value);
    c = f32x4.mul(v128.load(triangle, 32), value);
    d = f32x4.mul(v128.load(triangle, 48), value);
    v128.store(own, sums(a, b, c, d));
  }
}

/** v = L⁻ᵀ L⁻¹ v, in place; four f32 for each column. */
export function solve(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  solveLower(columns, starts, rows, blocks, v);
  solveUpper(columns, starts, rows, blocks, v);
}
