import { entries, planeBytes, runBytes } from './field';

const epsilon: f64 = 1e-7;
const nine: v128 = f64x2(9, 9);
const zero: v128 = f64x2(0, 0);

// Of two neighbouring windows, one in each lane: the nine colours less their mean, channel by channel, and the inverse of
// the covariance. The two windows are handled at once, each with the additions and products of pymatting in its order.
const centred = memory.data(27 * 16, 16);
const inverse = memory.data(6 * 16, 16);
// The centred colours times the inverse.
const weighted = memory.data(27 * 16, 16);

@inline
function sum(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

@inline
function times(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

@inline
function less(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}

/** Colours of the windows less their mean. */
@inline
function centre(channel: usize, above: usize, here: usize, below: usize): void {
  let total = sum(sum(v128.load(above, 0), v128.load(above, 8)), v128.load(above, 16));
  total = sum(sum(sum(total, v128.load(here, 0)), v128.load(here, 8)), v128.load(here, 16));
  total = sum(sum(sum(total, v128.load(below, 0)), v128.load(below, 8)), v128.load(below, 16));
  const mean = f64x2.div(total, nine);
  const to = centred + channel * 144;
  v128.store(to, less(v128.load(above, 0), mean), 0);
  v128.store(to, less(v128.load(above, 8), mean), 16);
  v128.store(to, less(v128.load(above, 16), mean), 32);
  v128.store(to, less(v128.load(here, 0), mean), 48);
  v128.store(to, less(v128.load(here, 8), mean), 64);
  v128.store(to, less(v128.load(here, 16), mean), 80);
  v128.store(to, less(v128.load(below, 0), mean), 96);
  v128.store(to, less(v128.load(below, 8), mean), 112);
  v128.store(to, less(v128.load(below, 16), mean), 128);
}

/** The inverse of the covariance by its cofactors, as pymatting writes it. */
@inline
function invert(): void {
  let a00 = f64x2.splat(epsilon);
  let a01 = f64x2.splat(0);
  let a02 = f64x2.splat(0);
  let a11 = f64x2.splat(epsilon);
  let a12 = f64x2.splat(0);
  let a22 = f64x2.splat(epsilon);
  for (let k: usize = 0; k < 144; k += 16) {
    const r = v128.load(centred + k);
    const g = v128.load(centred + k, 144);
    const b = v128.load(centred + k, 288);
    a00 = sum(a00, times(r, r));
    a01 = sum(a01, times(r, g));
    a02 = sum(a02, times(r, b));
    a11 = sum(a11, times(g, g));
    a12 = sum(a12, times(g, b));
    a22 = sum(a22, times(b, b));
  }
  a00 = f64x2.div(a00, nine);
  a01 = f64x2.div(a01, nine);
  a02 = f64x2.div(a02, nine);
  a11 = f64x2.div(a11, nine);
  a12 = f64x2.div(a12, nine);
  a22 = f64x2.div(a22, nine);
  let determinant = sum(times(times(a00, a12), a12), times(times(a01, a01), a22));
  determinant = sum(determinant, times(times(a02, a02), a11));
  determinant = less(determinant, times(times(a00, a11), a22));
  determinant = less(determinant, times(times(times(f64x2.splat(2), a01), a02), a12));
  const reciprocal = f64x2.div(f64x2.splat(1), determinant);
  v128.store(inverse, times(less(times(a12, a12), times(a11, a22)), reciprocal), 0);
  v128.store(inverse, times(less(times(a01, a22), times(a02, a12)), reciprocal), 16);
  v128.store(inverse, times(less(times(a02, a11), times(a01, a12)), reciprocal), 32);
  v128.store(inverse, times(less(times(a02, a02), times(a00, a22)), reciprocal), 48);
  v128.store(inverse, times(less(times(a00, a12), times(a01, a02)), reciprocal), 64);
  v128.store(inverse, times(less(times(a01, a01), times(a00, a11)), reciprocal), 80);
}

/** The colours of pixel k times the inverse, and the entry of the pixel with itself. */
@inline
function weigh(k: usize, lanes: v128): v128 {
  const at = k << 4;
  const r = v128.load(centred + at);
  const g = v128.load(centred + at, 144);
  const b = v128.load(centred + at, 288);
  const c0 = combination(0, 16, 32, r, g, b);
  const c1 = combination(16, 48, 64, r, g, b);
  const c2 = combination(32, 64, 80, r, g, b);
  v128.store(weighted + at, c0);
  v128.store(weighted + at, c1, 144);
  v128.store(weighted + at, c2, 288);
  const own = sum(sum(times(c0, r), times(c1, g)), times(c2, b));
  return v128.and(less(own, f64x2.splat(8)), lanes);
}

@inline
function combination(first: usize, second: usize, third: usize, r: v128, g: v128, b: v128): v128 {
  const a = times(v128.load(inverse + first), r);
  return sum(sum(a, times(v128.load(inverse + second), g)), times(v128.load(inverse + third), b));
}

/** The entry of pixels k and j. */
@inline
function entry(k: usize, j: usize, lanes: v128): v128 {
  const own = weighted + (k << 4);
  const other = centred + (j << 4);
  let product = sum(times(v128.load(own), v128.load(other)), times(v128.load(own, 144), v128.load(other, 144)));
  product = sum(product, times(v128.load(own, 288), v128.load(other, 288)));
  return v128.and(sum(product, f64x2.splat(1)), lanes);
}

@inline
function subtract(to: usize, value: v128): void {
  v128.store(to, less(v128.load(to), value));
}

// The second window lies one pixel right of the first. What both give to one pixel is added before it is stored, so that
// no load overlaps two stores, which processors are slow at.

/** Subtracts what pixels `first` and the next one of both windows get. */
@inline
function two(to: usize, first: v128, next: v128): void {
  subtract(to, sum(first, v128.shuffle<i64>(zero, next, 0, 2)));
  subtract(to + 16, v128.shuffle<i64>(next, zero, 1, 2));
}

/** The same for the three pixels of a row. */
@inline
function three(to: usize, first: v128, middle: v128, last: v128): void {
  subtract(to, sum(first, v128.shuffle<i64>(zero, middle, 0, 2)));
  subtract(to + 16, sum(last, v128.shuffle<i64>(middle, zero, 1, 2)));
}

/** The entries of row k…k+2 with the row from j on, which lies below; `plane` is that of the pixel just below. */
@inline
function rows(k: usize, j: usize, plane: usize, at: usize, lanes: v128): void {
  subtract(entries(plane - 2) + at + 16, entry(k + 2, j, lanes));
  two(entries(plane - 1) + at + 8, entry(k + 1, j, lanes), entry(k + 2, j + 1, lanes));
  three(entries(plane) + at, entry(k, j, lanes), entry(k + 1, j + 1, lanes), entry(k + 2, j + 2, lanes));
  two(entries(plane + 1) + at, entry(k, j + 1, lanes), entry(k + 1, j + 2, lanes));
  subtract(entries(plane + 2) + at, entry(k, j + 2, lanes));
}

/** The entries of row k…k+2 with itself. */
@inline
function row(k: usize, at: usize, diagonal: usize, lanes: v128): void {
  three(diagonal + at, weigh(k, lanes), weigh(k + 1, lanes), weigh(k + 2, lanes));
  two(entries(0) + at, entry(k, k + 1, lanes), entry(k + 1, k + 2, lanes));
  subtract(entries(1) + at, entry(k, k + 2, lanes));
}

/**
 * Adds up nine times the matting Laplacian over the windows around the given centres: half of its symmetric entries into
 * the planes, and the diagonal. Known pixels get entries as well, which `normalise` clears.
 *
 * pymatting inverts the covariance by cofactors. Where the colours of a window lie on a line, its rounding moves entries by
 * up to 5e-3, and alpha by more than a hundred levels. So every operation before an entry is pymatting's, in its order.
 *
 * Source: Levin, Lischinski and Weiss, A closed form solution to natural image matting, 2008; `_cf_laplacian` of pymatting.
 *
 * @param centres runs, of which only rows -1 and +1 are looked at
 * @param colours three planes of f64, 0…1
 */
export function assemble(centres: usize, count: i32, colours: usize, diagonal: usize): void {
  const both = i64x2.splat(-1);
  const first = i64x2(-1, 0);
  for (let run = 0; run < count; run++, centres += runBytes) {
    const start = <usize>load<i32>(centres) << 3;
    const end = start + (load<i32>(centres, 4) << 3);
    const above = <usize>load<i32>(centres, 12) << 3;
    const below = <usize>load<i32>(centres, 16) << 3;
    for (let i = start; i < end; i += 16) {
      const lanes = i + 8 < end ? both : first;
      const left = i - 8;
      for (let channel: usize = 0; channel < 3; channel++) {
        const at = colours + 2 * channel * planeBytes + left;
        centre(channel, at + above, at, at + below);
      }
      invert();
      row(0, left + above, diagonal, lanes);
      row(3, left, diagonal, lanes);
      row(6, left + below, diagonal, lanes);
      rows(0, 3, 4, left + above, lanes);
      rows(3, 6, 4, left, lanes);
      rows(0, 6, 9, left + above, lanes);
    }
  }
}
