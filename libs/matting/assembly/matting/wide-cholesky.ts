// A = L S Lᵀ in blocks of 4 × 4 f64, in the order of cholesky.ts. S holds the signs of the pivots, of which rounding makes
// a few negative; four f64 for each column.

const blockBytes: usize = 128;
/** A direction with a smaller pivot is rounding, or the square does not have it. */
const least: f64 = 1e-14;

const triangle = memory.data(16 * 8, 16);

@inline
function cell(block: usize, row: usize, column: usize): usize {
  return block + ((column * 4 + row) << 3);
}

@inline
function at(block: usize, row: usize, column: usize): f64 {
  return load<f64>(cell(block, row, column));
}

/** The triangle of a diagonal block, which holds reciprocals on its diagonal, 0 for an ignored direction. */
function factoriseBlock(block: usize, signs: usize): void {
  for (let k: usize = 0; k < 4; k++) {
    let pivot = at(block, k, k);
    for (let m: usize = 0; m < k; m++) pivot -= at(triangle, k, m) * at(triangle, k, m) * load<f64>(signs + (m << 3));
    const sign: f64 = pivot < 0 ? -1 : 1;
    const inverse = Math.abs(pivot) > least ? 1 / Math.sqrt(Math.abs(pivot)) : 0;
    store<f64>(signs + (k << 3), sign);
    for (let row = k + 1; row < 4; row++) {
      let value = at(block, row, k);
      for (let m: usize = 0; m < k; m++) {
        value -= at(triangle, row, m) * at(triangle, k, m) * load<f64>(signs + (m << 3));
      }
      store<f64>(cell(triangle, row, k), value * inverse * sign);
    }
    store<f64>(cell(triangle, k, k), inverse);
  }
}

/** Replaces a diagonal block by the inverse of its triangle. */
function invert(block: usize, signs: usize): void {
  factoriseBlock(block, signs);
  for (let row: usize = 0; row < 4; row++) {
    const inverse = at(triangle, row, row);
    for (let column: usize = 0; column < 4; column++) {
      let value: f64 = column == row ? inverse : 0;
      if (column < row) {
        let sum: f64 = 0;
        for (let m = column; m < row; m++) sum += at(triangle, row, m) * at(block, m, column);
        value = -sum * inverse;
      }
      store<f64>(cell(block, row, column), value);
    }
  }
}

/** One half of a block's columns times four numbers. */
@inline
function half(a: v128, b: v128, c: v128, d: v128, p: f64, q: f64, r: f64, s: f64): v128 {
  const low = f64x2.add(f64x2.mul(a, f64x2.splat(p)), f64x2.mul(b, f64x2.splat(q)));
  return f64x2.add(low, f64x2.add(f64x2.mul(c, f64x2.splat(r)), f64x2.mul(d, f64x2.splat(s))));
}

/** block = block × inverseᵀ × signs */
function divide(block: usize, inverse: usize, signs: usize): void {
  for (let side: usize = 0; side < 32; side += 16) {
    const a = v128.load(block + side);
    const b = v128.load(block + side, 32);
    const c = v128.load(block + side, 64);
    const d = v128.load(block + side, 96);
    for (let k: usize = 0; k < 4; k++) {
      const sign = load<f64>(signs + (k << 3));
      const by = inverse + (k << 3);
      v128.store(
        block + side + (k << 5),
        half(a, b, c, d, sign * load<f64>(by), sign * load<f64>(by, 32), sign * load<f64>(by, 64), sign * load<f64>(by, 96)),
      );
    }
  }
}

/** Takes block × signs × ownᵀ from the target. */
@inline
function subtract(target: usize, block: usize, own: usize, signs: usize): void {
  for (let side: usize = 0; side < 32; side += 16) {
    const a = f64x2.mul(v128.load(block + side), f64x2.splat(load<f64>(signs)));
    const b = f64x2.mul(v128.load(block + side, 32), f64x2.splat(load<f64>(signs, 8)));
    const c = f64x2.mul(v128.load(block + side, 64), f64x2.splat(load<f64>(signs, 16)));
    const d = f64x2.mul(v128.load(block + side, 96), f64x2.splat(load<f64>(signs, 24)));
    for (let k: usize = 0; k < 4; k++) {
      const by = own + (k << 3);
      const to = target + side + (k << 5);
      const product = half(a, b, c, d, load<f64>(by), load<f64>(by, 32), load<f64>(by, 64), load<f64>(by, 96));
      v128.store(to, f64x2.sub(v128.load(to), product));
    }
  }
}

/** As `factorise`, with blocks of f64, and the signs of the pivots. */
export function factoriseWide(from: i32, to: i32, starts: usize, rows: usize, blocks: usize, signs: usize): void {
  for (let column = from; column < to; column++) {
    const first = load<i32>(starts + (<usize>column << 2));
    const end = load<i32>(starts + (<usize>column << 2), 4);
    const own = blocks + <usize>first * blockBytes;
    const sign = signs + (<usize>column << 5);
    invert(own, sign);
    for (let k = first + 1; k < end; k++) divide(blocks + <usize>k * blockBytes, own, sign);
    for (let k = first + 1; k < end; k++) {
      const below = load<i32>(rows + (<usize>k << 2));
      let target = load<i32>(starts + (<usize>below << 2));
      for (let j = k; j < end; j++) {
        const row = load<i32>(rows + (<usize>j << 2));
        while (load<i32>(rows + (<usize>target << 2)) < row) target++;
        subtract(blocks + <usize>target * blockBytes, blocks + <usize>j * blockBytes, blocks + <usize>k * blockBytes, sign);
      }
    }
  }
}

/** v −= block × by, four f64 each. */
@inline
function take(block: usize, by: usize, v: usize): void {
  for (let side: usize = 0; side < 32; side += 16) {
    const at = block + side;
    const product = half(
      v128.load(at),
      v128.load(at, 32),
      v128.load(at, 64),
      v128.load(at, 96),
      load<f64>(by),
      load<f64>(by, 8),
      load<f64>(by, 16),
      load<f64>(by, 24),
    );
    v128.store(v + side, f64x2.sub(v128.load(v + side), product));
  }
}

/** Column k of a block times a vector. */
@inline
function column(block: usize, k: usize, v: usize): f64 {
  const from = block + (k << 5);
  const both = f64x2.add(
    f64x2.mul(v128.load(from), v128.load(v)),
    f64x2.mul(v128.load(from, 16), v128.load(v, 16)),
  );
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}

// Minus a vector, and what a block makes of one.
const spare = memory.data(4 * 8, 16);

/** v = L⁻¹ v */
function solveLower(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  for (let k = 0; k < columns; k++) {
    const first = load<i32>(starts + (<usize>k << 2));
    const end = load<i32>(starts + (<usize>k << 2), 4);
    const own = v + (<usize>k << 5);
    memory.fill(spare, 0, 32);
    take(blocks + <usize>first * blockBytes, own, spare);
    v128.store(own, f64x2.neg(v128.load(spare)));
    v128.store(own, f64x2.neg(v128.load(spare, 16)), 16);
    for (let j = first + 1; j < end; j++) {
      take(blocks + <usize>j * blockBytes, own, v + (<usize>load<i32>(rows + (<usize>j << 2)) << 5));
    }
  }
}

/** v = L⁻ᵀ v */
function solveUpper(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  for (let k = columns - 1; k >= 0; k--) {
    const first = load<i32>(starts + (<usize>k << 2));
    const end = load<i32>(starts + (<usize>k << 2), 4);
    const own = v + (<usize>k << 5);
    for (let j = first + 1; j < end; j++) {
      const block = blocks + <usize>j * blockBytes;
      const other = v + (<usize>load<i32>(rows + (<usize>j << 2)) << 5);
      for (let m: usize = 0; m < 4; m++) {
        store<f64>(own + (m << 3), load<f64>(own + (m << 3)) - column(block, m, other));
      }
    }
    memory.copy(spare, own, 32);
    const diagonal = blocks + <usize>first * blockBytes;
    for (let m: usize = 0; m < 4; m++) store<f64>(own + (m << 3), column(diagonal, m, spare));
  }
}

/**
 * v = L⁻ᵀ S L⁻¹ v, in place; four f32 for each column.
 *
 * @param wide room for four f64 for each column
 */
export function solveWide(
  columns: i32,
  starts: usize,
  rows: usize,
  blocks: usize,
  signs: usize,
  wide: usize,
  v: usize,
): void {
  const count = <usize>columns << 2;
  for (let i: usize = 0; i < count; i++) store<f64>(wide + (i << 3), <f64>load<f32>(v + (i << 2)));
  solveLower(columns, starts, rows, blocks, wide);
  for (let i: usize = 0; i < count; i++) {
    store<f64>(wide + (i << 3), load<f64>(wide + (i << 3)) * load<f64>(signs + (i << 3)));
  }
  solveUpper(columns, starts, rows, blocks, wide);
  for (let i: usize = 0; i < count; i++) store<f32>(v + (i << 2), <f32>load<f64>(wide + (i << 3)));
}
