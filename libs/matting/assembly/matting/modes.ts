import { planeBytes, planes, runBytes, runCount, runs } from './field';

// The coarse space: on each square of pixels alpha is a constant plus a multiple of red, green and blue, the very
// functions that the matting Laplacian hardly resists. `modes` holds four f32 for each sample, orthonormal over
// the square in the scaled system, 0 outside the unknown pixels.

const gram = memory.data(16 * 8, 16);
/** A mode that varies by less than this, squared, is none: a grey photo has one colour only. */
const least: f64 = 1e-9;

@inline
function g(row: usize, column: usize): usize {
  return gram + ((row * 4 + column) << 3);
}

/** The weighted Gram matrix of 1, red, green, blue, the colours less `mean…`. */
function sumUp(from: usize, to: usize, colours: usize, diagonal: usize, r0: f64, g0: f64, b0: f64): void {
  let w: f64 = 0, r1: f64 = 0, g1: f64 = 0, b1: f64 = 0;
  let rr: f64 = 0, rg: f64 = 0, rb: f64 = 0, gg: f64 = 0, gb: f64 = 0, bb: f64 = 0;
  for (; from < to; from += 4) {
    const i = <usize>load<i32>(from) << 2;
    const weight = <f64>load<f32>(diagonal + i);
    const red = <f64>load<f32>(colours + i) - r0;
    const green = <f64>load<f32>(colours + planeBytes + i) - g0;
    const blue = <f64>load<f32>(colours + planeBytes * 2 + i) - b0;
    w += weight;
    r1 += weight * red;
    g1 += weight * green;
    b1 += weight * blue;
    rr += weight * red * red;
    rg += weight * red * green;
    rb += weight * red * blue;
    gg += weight * green * green;
    gb += weight * green * blue;
    bb += weight * blue * blue;
  }
  store<f64>(g(0, 0), w);
  store<f64>(g(1, 0), r1);
  store<f64>(g(2, 0), g1);
  store<f64>(g(3, 0), b1);
  store<f64>(g(1, 1), rr);
  store<f64>(g(2, 1), rg);
  store<f64>(g(3, 1), rb);
  store<f64>(g(2, 2), gg);
  store<f64>(g(3, 2), gb);
  store<f64>(g(3, 3), bb);
}

/** Cholesky in place; the reciprocal of the diagonal stands in its stead, 0 for a mode that is none. */
function orthogonalise(): void {
  const floor = least * load<f64>(g(0, 0));
  for (let k: usize = 0; k < 4; k++) {
    let pivot = load<f64>(g(k, k));
    for (let m: usize = 0; m < k; m++) pivot -= load<f64>(g(k, m)) * load<f64>(g(k, m));
    const inverse = pivot > floor ? 1 / Math.sqrt(pivot) : 0;
    store<f64>(g(k, k), inverse);
    for (let row = k + 1; row < 4; row++) {
      let value = load<f64>(g(row, k));
      for (let m: usize = 0; m < k; m++) value -= load<f64>(g(row, m)) * load<f64>(g(k, m));
      store<f64>(g(row, k), value * inverse);
    }
  }
}

function write(from: usize, to: usize, colours: usize, diagonal: usize, modes: usize, r0: f64, g0: f64, b0: f64): void {
  for (; from < to; from += 4) {
    const i = <usize>load<i32>(from) << 2;
    const root = Math.sqrt(<f64>load<f32>(diagonal + i));
    const one = root * load<f64>(g(0, 0));
    const red = (root * (<f64>load<f32>(colours + i) - r0) - load<f64>(g(1, 0)) * one) * load<f64>(g(1, 1));
    const green =
      (root * (<f64>load<f32>(colours + planeBytes + i) - g0) - load<f64>(g(2, 0)) * one - load<f64>(g(2, 1)) * red) *
      load<f64>(g(2, 2));
    const blue =
      (root * (<f64>load<f32>(colours + planeBytes * 2 + i) - b0) -
        load<f64>(g(3, 0)) * one -
        load<f64>(g(3, 1)) * red -
        load<f64>(g(3, 2)) * green) *
      load<f64>(g(3, 3));
    v128.store(modes + (i << 2), f32x4(<f32>one, <f32>red, <f32>green, <f32>blue));
  }
}

/** The modes of every square: `members` lists its samples, from `starts[square]` on. */
export function fitModes(
  squares: i32,
  starts: usize,
  members: usize,
  colours: usize,
  diagonal: usize,
  modes: usize,
): void {
  for (let square = 0; square < squares; square++, starts += 4) {
    const from = members + (<usize>load<i32>(starts) << 2);
    const to = members + (<usize>load<i32>(starts, 4) << 2);
    const some = <usize>load<i32>(from) << 2;
    const r0 = <f64>load<f32>(colours + some);
    const g0 = <f64>load<f32>(colours + planeBytes + some);
    const b0 = <f64>load<f32>(colours + planeBytes * 2 + some);
    sumUp(from, to, colours, diagonal, r0, g0, b0);
    orthogonalise();
    write(from, to, colours, diagonal, modes, r0, g0, b0);
  }
}

/** Adds a × column · rowᵀ to a block of 4 × 4 f64. */
@inline
function outer(block: usize, a: f32, column: usize, row: usize): void {
  const right = v128.load(row);
  const low = f64x2.promote_low_f32x4(right);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(right, right, 2, 3, 2, 3));
  for (let k: usize = 0; k < 4; k++) {
    const factor = f64x2.splat(<f64>a * <f64>load<f32>(column + (k << 2)));
    const to = block + (k << 5);
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(factor, low)));
    v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(factor, high)), 16);
  }
}

@inline
function pair(i: usize, j: usize, plane: usize, squareOf: usize, modes: usize, places: usize, way: usize, blocks: usize): void {
  const a = load<f32>(planes + plane * planeBytes + (i << 2));
  if (a == 0) return;
  const mine = load<i32>(squareOf + (i << 2));
  const other = load<i32>(squareOf + (j << 2));
  const block = blocks + (<usize>load<i32>(places + ((<usize>mine * 9 + way) << 2)) << 7);
  if (mine == other) {
    outer(block, a, modes + (i << 4), modes + (j << 4));
    outer(block, a, modes + (j << 4), modes + (i << 4));
  } else if (mine > other) outer(block, a, modes + (i << 4), modes + (j << 4));
  else outer(block, a, modes + (j << 4), modes + (i << 4));
}

/** Which of the three squares around one a step of up to two pixels leads to, from a pixel of it at `place`. */
@inline
function side(place: i32, size: i32): usize {
  return place < 0 ? 0 : place >= size ? 2 : 1;
}

/**
 * The system as the modes see it, Pᵀ A P, added to the lower triangle of its blocks.
 *
 * @param places for each square the blocks between it and the nine around it, row by row
 */
export function project(
  modes: usize,
  squareOf: usize,
  size: i32,
  places: usize,
  blocks: usize,
): void {
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = load<i32>(from);
    const length = load<i32>(from, 4);
    const one = load<i32>(from, 16);
    const two = load<i32>(from, 20);
    const x0 = load<i32>(from, 24);
    const y = load<i32>(from, 28) % size;
    const rowOne = side(y + 1, size) * 3;
    const rowTwo = side(y + 2, size) * 3;
    for (let step = 0; step < length; step++) {
      const i = first + step;
      const square = load<i32>(squareOf + (<usize>i << 2));
      if (square < 0) continue;
      const x = (x0 + step) % size;
      const own = blocks + (<usize>load<i32>(places + ((<usize>square * 9 + 4) << 2)) << 7);
      outer(own, 1, modes + (<usize>i << 4), modes + (<usize>i << 4));
      pair(i, i + 1, 0, squareOf, modes, places, 3 + side(x + 1, size), blocks);
      pair(i, i + 2, 1, squareOf, modes, places, 3 + side(x + 2, size), blocks);
      for (let dx = -2; dx <= 2; dx++) {
        const column = side(x + dx, size);
        pair(i, i + one + dx, 4 + dx, squareOf, modes, places, rowOne + column, blocks);
        pair(i, i + two + dx, 9 + dx, squareOf, modes, places, rowTwo + column, blocks);
      }
    }
  }
}

/** coarse = Pᵀ r: four f64 for each square. */
export function restrict(squares: i32, starts: usize, members: usize, modes: usize, r: usize, coarse: usize): void {
  for (let square = 0; square < squares; square++, starts += 4, coarse += 32) {
    const end = members + (<usize>load<i32>(starts, 4) << 2);
    let sum = f32x4.splat(0);
    for (let from = members + (<usize>load<i32>(starts) << 2); from < end; from += 4) {
      const i = <usize>load<i32>(from);
      sum = f32x4.add(sum, f32x4.mul(v128.load(modes + (i << 4)), v128.load32_splat(r + (i << 2))));
    }
    v128.store(coarse, f64x2.promote_low_f32x4(sum));
    v128.store(coarse, f64x2.promote_low_f32x4(v128.shuffle<i32>(sum, sum, 2, 3, 2, 3)), 16);
  }
}

/** x += P coarse */
export function prolong(squares: i32, starts: usize, members: usize, modes: usize, coarse: usize, x: usize): void {
  for (let square = 0; square < squares; square++, starts += 4, coarse += 32) {
    const end = members + (<usize>load<i32>(starts, 4) << 2);
    const low = f32x4.demote_f64x2_zero(v128.load(coarse));
    const high = f32x4.demote_f64x2_zero(v128.load(coarse, 16));
    const values = v128.shuffle<i32>(low, high, 0, 1, 4, 5);
    for (let from = members + (<usize>load<i32>(starts) << 2); from < end; from += 4) {
      const i = <usize>load<i32>(from);
      const product = f32x4.mul(v128.load(modes + (i << 4)), values);
      const halves = f32x4.add(product, v128.shuffle<i32>(product, product, 2, 3, 0, 1));
      const sum = f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
      store<f32>(x + (i << 2), load<f32>(x + (i << 2)) + sum);
    }
  }
}
