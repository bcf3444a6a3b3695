import { planeBytes } from './field';

// The coarse space: on each square of pixels alpha is a constant plus a multiple of red, green and blue, the very
// functions that the matting Laplacian hardly resists. `modes` holds four f32 for each sample, orthonormal over
// the square in the scaled system, 0 outside the unknown pixels; `packed` holds the same in the order of the members,
// which is read faster.

const gram = memory.data(16 * 8, 16);
/** A mode with a smaller squared variation is dropped: a grey photo has only one colour. */
const least: f64 = 1e-9;

@inline
function g(row: usize, column: usize): usize {
  return gram + ((row * 4 + column) << 3);
}

/** The weighted Gram matrix of 1, red, green, blue, the colours less `mean…`. */
function sumUp(from: usize, to: usize, colours: usize, scales: usize, r0: f64, g0: f64, b0: f64): void {
  let w: f64 = 0, r1: f64 = 0, g1: f64 = 0, b1: f64 = 0;
  let rr: f64 = 0, rg: f64 = 0, rb: f64 = 0, gg: f64 = 0, gb: f64 = 0, bb: f64 = 0;
  for (; from < to; from += 4) {
    const i = <usize>load<i32>(from) << 2;
    const scale = load<f64>(scales + (i << 1));
    const weight = 1 / (scale * scale);
    const red = load<f64>(colours + (i << 1)) - r0;
    const green = load<f64>(colours + planeBytes * 2 + (i << 1)) - g0;
    const blue = load<f64>(colours + planeBytes * 4 + (i << 1)) - b0;
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
  const one = load<f64>(g(0, 0));
  for (let k: usize = 0; k < 4; k++) {
    let pivot = load<f64>(g(k, k));
    for (let m: usize = 0; m < k; m++) pivot -= load<f64>(g(k, m)) * load<f64>(g(k, m));
    const inverse = pivot > (k == 0 ? 0 : least * one) ? 1 / Math.sqrt(pivot) : 0;
    store<f64>(g(k, k), inverse);
    for (let row = k + 1; row < 4; row++) {
      let value = load<f64>(g(row, k));
      for (let m: usize = 0; m < k; m++) value -= load<f64>(g(row, m)) * load<f64>(g(k, m));
      store<f64>(g(row, k), value * inverse);
    }
  }
}

function write(from: usize, to: usize, colours: usize, scales: usize, modes: usize, packed: usize, r0: f64, g0: f64, b0: f64): void {
  for (; from < to; from += 4) {
    const i = <usize>load<i32>(from) << 2;
    const root = 1 / load<f64>(scales + (i << 1));
    const one = root * load<f64>(g(0, 0));
    const red = (root * (load<f64>(colours + (i << 1)) - r0) - load<f64>(g(1, 0)) * one) * load<f64>(g(1, 1));
    const green =
      (root * (load<f64>(colours + planeBytes * 2 + (i << 1)) - g0) - load<f64>(g(2, 0)) * one - load<f64>(g(2, 1)) * red) *
      load<f64>(g(2, 2));
    const blue =
      (root * (load<f64>(colours + planeBytes * 4 + (i << 1)) - b0) -
        load<f64>(g(3, 0)) * one -
        load<f64>(g(3, 1)) * red -
        load<f64>(g(3, 2)) * green) *
      load<f64>(g(3, 3));
    const mode = f32x4(<f32>one, <f32>red, <f32>green, <f32>blue);
    v128.store(modes + (i << 2), mode);
    v128.store(packed, mode);
    packed += 16;
  }
}

/** Sets 1 on the diagonal for each mode that the square lacks, so that its pivot is not 0. */
function fillDiagonal(block: usize): void {
  for (let k: usize = 1; k < 4; k++) if (load<f64>(g(k, k)) == 0) store<f32>(block + k * 20, 1);
}

/**
 * The modes of every square: `members` lists its samples, from `starts[square]` on.
 *
 * @param places of its own block among nine
 */
export function fitModes(
  squares: i32,
  starts: usize,
  members: usize,
  colours: usize,
  scales: usize,
  modes: usize,
  packed: usize,
  places: usize,
  blocks: usize,
): void {
  for (let square = 0; square < squares; square++, starts += 4, places += 36) {
    const from = members + (<usize>load<i32>(starts) << 2);
    const to = members + (<usize>load<i32>(starts, 4) << 2);
    const some = <usize>load<i32>(from) << 2;
    const r0 = load<f64>(colours + (some << 1));
    const g0 = load<f64>(colours + planeBytes * 2 + (some << 1));
    const b0 = load<f64>(colours + planeBytes * 4 + (some << 1));
    sumUp(from, to, colours, scales, r0, g0, b0);
    orthogonalise();
    fillDiagonal(blocks + (<usize>load<i32>(places, 16) << 6));
    write(from, to, colours, scales, modes, packed + ((from - members) << 2), r0, g0, b0);
  }
}

/** coarse = Pᵀ r: four f32 for each square. */
export function restrict(squares: i32, starts: usize, members: usize, packed: usize, r: usize, coarse: usize): void {
  for (let square = 0; square < squares; square++, starts += 4, coarse += 16) {
    const end = members + (<usize>load<i32>(starts, 4) << 2);
    let sum = f32x4.splat(0);
    for (let from = members + (<usize>load<i32>(starts) << 2); from < end; from += 4) {
      const i = <usize>load<i32>(from);
      sum = f32x4.add(sum, f32x4.mul(v128.load(packed + ((from - members) << 2)), v128.load32_splat(r + (i << 2))));
    }
    v128.store(coarse, sum);
  }
}

/** x += P coarse */
export function prolong(squares: i32, starts: usize, members: usize, packed: usize, coarse: usize, x: usize): void {
  for (let square = 0; square < squares; square++, starts += 4, coarse += 16) {
    const end = members + (<usize>load<i32>(starts, 4) << 2);
    const values = v128.load(coarse);
    for (let from = members + (<usize>load<i32>(starts) << 2); from < end; from += 4) {
      const i = <usize>load<i32>(from);
      const product = f32x4.mul(v128.load(packed + ((from - members) << 2)), values);
      const halves = f32x4.add(product, v128.shuffle<i32>(product, product, 2, 3, 0, 1));
      const sum = f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
      store<f32>(x + (i << 2), load<f32>(x + (i << 2)) + sum);
    }
  }
}
