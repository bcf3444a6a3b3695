import { entries, planeBytes, runBytes } from './field';

const epsilon: f64 = 1e-7;
const nine: v128 = f64x2(9, 9);

// Of two neighbouring windows, one in each lane: the nine colours less their mean, channel by channel, and the inverse of
// the covariance. The two windows are handled at once, each with the additions and products of pymatting in its order.
const centred = memory.data(27 * 16, 16);
const inverse = memory.data(6 * 16, 16);

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

@inline
function combination(first: usize, second: usize, third: usize, r: v128, g: v128, b: v128): v128 {
  return sum(sum(times(v128.load(first), r), times(v128.load(second), g)), times(v128.load(third), b));
}

@inline
function subtract(to: usize, value: v128, lanes: v128): void {
  v128.store(to, less(v128.load(to), v128.and(value, lanes)));
}

/** Which plane holds the entry between two pixels of a window, the first before the second. */
@inline
function planeOf(k: i32, j: i32): usize {
  const dy = j / 3 - k / 3;
  const dx = (j % 3) - (k % 3);
  return dy == 0 ? <usize>(dx - 1) : <usize>(dy * 5 - 1 + dx);
}

/** Adds the entries of pixel k with itself and the later ones of its window. */
@inline
function scatterOne(k: i32, i: usize, diagonal: usize, lanes: v128): void {
  const from = centred + (<usize>k << 4);
  const r = v128.load(from);
  const g = v128.load(from, 144);
  const b = v128.load(from, 288);
  const c0 = combination(inverse, inverse + 16, inverse + 32, r, g, b);
  const c1 = combination(inverse + 16, inverse + 48, inverse + 64, r, g, b);
  const c2 = combination(inverse + 32, inverse + 64, inverse + 80, r, g, b);
  const own = sum(sum(times(c0, r), times(c1, g)), times(c2, b));
  subtract(diagonal + i, less(own, f64x2.splat(8)), lanes);
  for (let j = k + 1; j < 9; j++) {
    const other = centred + (<usize>j << 4);
    let product = sum(times(c0, v128.load(other)), times(c1, v128.load(other, 144)));
    product = sum(product, times(c2, v128.load(other, 288)));
    subtract(entries(planeOf(k, j)) + i, sum(product, f64x2.splat(1)), lanes);
  }
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
      scatterOne(0, left + above, diagonal, lanes);
      scatterOne(1, left + above + 8, diagonal, lanes);
      scatterOne(2, left + above + 16, diagonal, lanes);
      scatterOne(3, left, diagonal, lanes);
      scatterOne(4, left + 8, diagonal, lanes);
      scatterOne(5, left + 16, diagonal, lanes);
      scatterOne(6, left + below, diagonal, lanes);
      scatterOne(7, left + below + 8, diagonal, lanes);
      scatterOne(8, left + below + 16, diagonal, lanes);
    }
  }
}
