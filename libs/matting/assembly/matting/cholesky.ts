// A = L Lᵀ in blocks of 4 × 4 f64, row by row; the blocks of a column one after another, its diagonal block first
// and then those below by ascending row. A factorised diagonal block holds the inverse of its triangle.

const blockBytes: usize = 128;
/** A direction whose pivot is smaller has no say: it is one that the squares do not have, or rounding made it. */
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

/** target −= block × other, whose rows are in `turned`. */
@inline
function subtract(target: usize, block: usize): void {
  for (let row: usize = 0; row < 4; row++) {
    const to = target + (row << 5);
    const from = block + (row << 5);
    let low = v128.load(to);
    let high = v128.load(to, 16);
    for (let k: usize = 0; k < 4; k++) {
      const factor = v128.load64_splat(from + (k << 3));
      low = f64x2.sub(low, f64x2.mul(factor, v128.load(turned + (k << 5))));
      high = f64x2.sub(high, f64x2.mul(factor, v128.load(turned + (k << 5), 16)));
    }
    v128.store(to, low);
    v128.store(to, high, 16);
  }
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
      turn(blocks + <usize>k * blockBytes);
      let to = load<i32>(starts + (<usize>load<i32>(rows + (<usize>k << 2)) << 2));
      for (let j = k; j < end; j++) {
        const row = load<i32>(rows + (<usize>j << 2));
        while (load<i32>(rows + (<usize>to << 2)) < row) to++;
        subtract(blocks + <usize>to * blockBytes, blocks + <usize>j * blockBytes);
      }
    }
  }
}

@inline
function lane(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** v = L⁻ᵀ L⁻¹ v, in place; four f64 for each column. */
export function solve(columns: i32, starts: usize, rows: usize, blocks: usize, v: usize): void {
  for (let column = 0; column < columns; column++) {
    const first = load<i32>(starts + (<usize>column << 2));
    const end = load<i32>(starts + (<usize>column << 2), 4);
    const own = v + (<usize>column << 5);
    const triangle = blocks + <usize>first * blockBytes;
    const a = v128.load(own);
    const b = v128.load(own, 16);
    const low = f64x2(product(triangle, a, b), product(triangle + 32, a, b));
    const high = f64x2(product(triangle + 64, a, b), product(triangle + 96, a, b));
    v128.store(own, low);
    v128.store(own, high, 16);
    for (let k = first + 1; k < end; k++) {
      const block = blocks + <usize>k * blockBytes;
      const other = v + (<usize>load<i32>(rows + (<usize>k << 2)) << 5);
      const one = f64x2(product(block, low, high), product(block + 32, low, high));
      const two = f64x2(product(block + 64, low, high), product(block + 96, low, high));
      v128.store(other, f64x2.sub(v128.load(other), one));
      v128.store(other, f64x2.sub(v128.load(other, 16), two), 16);
    }
  }
  for (let column = columns - 1; column >= 0; column--) {
    const first = load<i32>(starts + (<usize>column << 2));
    const end = load<i32>(starts + (<usize>column << 2), 4);
    const own = v + (<usize>column << 5);
    let low = v128.load(own);
    let high = v128.load(own, 16);
    for (let k = first + 1; k < end; k++) {
      const block = blocks + <usize>k * blockBytes;
      const other = v + (<usize>load<i32>(rows + (<usize>k << 2)) << 5);
      for (let row: usize = 0; row < 4; row++) {
        const factor = v128.load64_splat(other + (row << 3));
        low = f64x2.sub(low, f64x2.mul(factor, v128.load(block + (row << 5))));
        high = f64x2.sub(high, f64x2.mul(factor, v128.load(block + (row << 5), 16)));
      }
    }
    v128.store(own, low);
    v128.store(own, high, 16);
    const triangle = blocks + <usize>first * blockBytes;
    let one = f64x2.splat(0);
    let two = f64x2.splat(0);
    for (let row: usize = 0; row < 4; row++) {
      const factor = v128.load64_splat(own + (row << 3));
      one = f64x2.add(one, f64x2.mul(factor, v128.load(triangle + (row << 5))));
      two = f64x2.add(two, f64x2.mul(factor, v128.load(triangle + (row << 5), 16)));
    }
    v128.store(own, one);
    v128.store(own, two, 16);
  }
}

@inline
function product(row: usize, low: v128, high: v128): f64 {
  return lane(f64x2.add(f64x2.mul(v128.load(row), low), f64x2.mul(v128.load(row, 16), high)));
}
