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

/** Adds column · rowᵀ to a block of 4 × 4 f64. */
@inline
function outer(block: usize, column: v128, row: v128): void {
  const low = f64x2.promote_low_f32x4(row);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(row, row, 2, 3, 2, 3));
  addRow(block, <f64>f32x4.extract_lane(column, 0), low, high);
  addRow(block + 32, <f64>f32x4.extract_lane(column, 1), low, high);
  addRow(block + 64, <f64>f32x4.extract_lane(column, 2), low, high);
  addRow(block + 96, <f64>f32x4.extract_lane(column, 3), low, high);
}

@inline
function addRow(to: usize, factor: f64, low: v128, high: v128): void {
  const both = f64x2.splat(factor);
  v128.store(to, f64x2.add(v128.load(to), f64x2.mul(both, low)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(both, high)), 16);
}

// What the entries of a pixel lead to, summed up for each of the nine squares around its own.
const ways = memory.data(9 * 16, 16);

@inline
function gather(way: usize, plane: usize, i: usize, mode: usize): void {
  const entry = v128.load32_splat(planes + plane * planeBytes + (i << 2));
  const to = ways + (way << 4);
  v128.store(to, f32x4.add(v128.load(to), f32x4.mul(entry, v128.load(mode))));
}

/** Adds what was gathered for one pixel of the given square to the blocks, and forgets it. */
function spread(square: i32, mode: v128, around: usize, places: usize, blocks: usize): void {
  for (let way: usize = 3; way < 9; way++) {
    const from = ways + (way << 4);
    const sum = v128.load(from);
    if (!v128.any_true(sum)) continue;
    v128.store(from, f32x4.splat(0));
    const place = places + ((<usize>square * 9 + way) << 2);
    const other = load<i32>(around + (way << 2));
    const block = blocks + (<usize>load<i32>(place) << 7);
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
    const x0 = load<i32>(from, 24);
    const y = load<i32>(from, 28) % size;
    const rowOne = side(y + 1, size) * 3;
    const rowTwo = side(y + 2, size) * 3;
    for (let step = 0; step < length; step++) {
      const i = <usize>(first + step);
      const square = load<i32>(squareOf + (i << 2));
      if (square < 0) continue;
      const x = (x0 + step) % size;
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

/** coarse = Pᵀ r: four f32 for each square. */
export function restrict(squares: i32, starts: usize, members: usize, modes: usize, r: usize, coarse: usize): void {
  for (let square = 0; square < squares; square++, starts += 4, coarse += 16) {
    const end = members + (<usize>load<i32>(starts, 4) << 2);
    let sum = f32x4.splat(0);
    for (let from = members + (<usize>load<i32>(starts) << 2); from < end; from += 4) {
      const i = <usize>load<i32>(from);
      sum = f32x4.add(sum, f32x4.mul(v128.load(modes + (i << 4)), v128.load32_splat(r + (i << 2))));
    }
    v128.store(coarse, sum);
  }
}

/** x += P coarse */
export function prolong(squares: i32, starts: usize, members: usize, modes: usize, coarse: usize, x: usize): void {
  for (let square = 0; square < squares; square++, starts += 4, coarse += 16) {
    const end = members + (<usize>load<i32>(starts, 4) << 2);
    const values = v128.load(coarse);
    for (let from = members + (<usize>load<i32>(starts) << 2); from < end; from += 4) {
      const i = <usize>load<i32>(from);
      const product = f32x4.mul(v128.load(modes + (i << 4)), values);
      const halves = f32x4.add(product, v128.shuffle<i32>(product, product, 2, 3, 0, 1));
      const sum = f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
      store<f32>(x + (i << 2), load<f32>(x + (i << 2)) + sum);
    }
  }
}
