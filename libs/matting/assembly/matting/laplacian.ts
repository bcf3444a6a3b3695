import { planeBytes, planes, runBytes, runCount, runs } from './field';

const unknown: u8 = 2;
/** pymatting's default of 1e-7, for bytes; added to the sum of squares, before it is divided by the nine pixels. */
const epsilon: f64 = 1e-7 * 255 * 255;

// Of one window: its nine samples, and their colours less the mean, turned so that the covariance is 1; the fourth
// row of 4-byte slots is filled up to whole vectors.
const at = memory.data(9 * 4, 16);
const g0 = memory.data(12 * 4, 16);
const g1 = memory.data(12 * 4, 16);
const g2 = memory.data(12 * 4, 16);
const weights = memory.data(12 * 4, 16);

@inline
function sample(k: i32): usize {
  return <usize>load<i32>(at + (<usize>k << 2));
}

@inline
function add(to: usize, value: f32): void {
  store<f32>(to, load<f32>(to) + value);
}

/** Colours of the window, whitened: L⁻¹ (I − μ) with L Lᵀ the covariance. */
function whiten(red: usize, green: usize, blue: usize): void {
  let sumR: f64 = 0, sumG: f64 = 0, sumB: f64 = 0;
  for (let k = 0; k < 9; k++) {
    const i = sample(k) << 2;
    sumR += <f64>load<f32>(red + i);
    sumG += <f64>load<f32>(green + i);
    sumB += <f64>load<f32>(blue + i);
  }
  sumR /= 9;
  sumG /= 9;
  sumB /= 9;

  let rr: f64 = epsilon, gg: f64 = epsilon, bb: f64 = epsilon, rg: f64 = 0, rb: f64 = 0, gb: f64 = 0;
  for (let k = 0; k < 9; k++) {
    const i = sample(k) << 2;
    const r = <f64>load<f32>(red + i) - sumR;
    const g = <f64>load<f32>(green + i) - sumG;
    const b = <f64>load<f32>(blue + i) - sumB;
    rr += r * r;
    rg += r * g;
    rb += r * b;
    gg += g * g;
    gb += g * b;
    bb += b * b;
  }

  const i0 = 3 / Math.sqrt(rr);
  const l10 = (rg / 9) * i0;
  const l20 = (rb / 9) * i0;
  const i1 = 1 / Math.sqrt(gg / 9 - l10 * l10);
  const l21 = (gb / 9 - l20 * l10) * i1;
  const i2 = 1 / Math.sqrt(bb / 9 - l20 * l20 - l21 * l21);
  for (let k = 0; k < 9; k++) {
    const i = sample(k) << 2;
    const to = <usize>k << 2;
    const a = (<f64>load<f32>(red + i) - sumR) * i0;
    const b = (<f64>load<f32>(green + i) - sumG - l10 * a) * i1;
    const c = (<f64>load<f32>(blue + i) - sumB - l20 * a - l21 * b) * i2;
    store<f32>(g0 + to, <f32>a);
    store<f32>(g1 + to, <f32>b);
    store<f32>(g2 + to, <f32>c);
  }
}

/**
 * −(1 + gₖ·gⱼ) of one pixel of the window with all. These are nine times the entries: a ninth in f32 is slightly too
 * large, and the same error everywhere would shift all of alpha.
 */
@inline
function weigh(k: i32): void {
  const from = <usize>k << 2;
  const a = v128.load32_splat(g0 + from);
  const b = v128.load32_splat(g1 + from);
  const c = v128.load32_splat(g2 + from);
  for (let j: usize = 0; j < 48; j += 16) {
    const product = f32x4.add(
      f32x4.add(f32x4.splat(1), f32x4.mul(a, v128.load(g0 + j))),
      f32x4.add(f32x4.mul(b, v128.load(g1 + j)), f32x4.mul(c, v128.load(g2 + j))),
    );
    v128.store(weights + j, f32x4.neg(product));
  }
}

/** Which plane holds the entry between two pixels of a window, the first before the second. */
@inline
function planeOf(k: i32, j: i32): usize {
  const dy = j / 3 - k / 3;
  const dx = (j % 3) - (k % 3);
  return dy == 0 ? <usize>(dx - 1) : <usize>(dy * 5 - 1 + dx);
}

function scatter(kinds: usize, diagonal: usize, known: usize): void {
  for (let k = 0; k < 9; k++) {
    const i = sample(k);
    const mine = load<u8>(kinds + i);
    weigh(k);
    if (mine == unknown) add(diagonal + (i << 2), <f32>9 + load<f32>(weights + (<usize>k << 2)));
    for (let j = k + 1; j < 9; j++) {
      const other = sample(j);
      const kind = load<u8>(kinds + other);
      const weight = load<f32>(weights + (<usize>j << 2));
      if (mine == unknown && kind == unknown) add(planes + planeOf(k, j) * planeBytes + (i << 2), weight);
      else if (mine == unknown && kind == 1) add(known + (i << 2), -weight);
      else if (mine == 1 && kind == unknown) add(known + (other << 2), -weight);
    }
  }
}

/** The same where all nine are unknown, which is most windows. */
function scatterAll(diagonal: usize): void {
  for (let k = 0; k < 9; k++) {
    const i = sample(k) << 2;
    weigh(k);
    add(diagonal + i, <f32>9 + load<f32>(weights + (<usize>k << 2)));
    for (let j = k + 1; j < 9; j++) {
      add(planes + planeOf(k, j) * planeBytes + i, load<f32>(weights + (<usize>j << 2)));
    }
  }
}

/**
 * Adds up nine times the matting Laplacian over the windows around the given centres: half of its symmetric entries into the
 * planes, the diagonal, and the right side, which the known foreground gives.
 *
 * Source: Levin, Lischinski and Weiss, A closed form solution to natural image matting, 2008; constants of
 * pymatting.
 *
 * @param centres runs, of which only rows -1 and +1 are looked at
 * @param colours three planes of f32, 0…255
 * @param kinds u8 for each sample: 0 background, 1 foreground, 2 unknown
 */
export function assemble(
  centres: usize,
  count: i32,
  colours: usize,
  kinds: usize,
  diagonal: usize,
  known: usize,
): void {
  for (let run = 0; run < count; run++, centres += runBytes) {
    const first = load<i32>(centres);
    const end = first + load<i32>(centres, 4);
    const above = load<i32>(centres, 12);
    const below = load<i32>(centres, 16);
    for (let i = first; i < end; i++) {
      let all = 0;
      for (let dx = 0; dx < 3; dx++) {
        const x = i + dx - 1;
        const slot = at + (<usize>dx << 2);
        store<i32>(slot, x + above);
        store<i32>(slot, x, 12);
        store<i32>(slot, x + below, 24);
        all += <i32>(load<u8>(kinds + x + above) == unknown);
        all += <i32>(load<u8>(kinds + x) == unknown);
        all += <i32>(load<u8>(kinds + x + below) == unknown);
      }
      whiten(colours, colours + planeBytes, colours + planeBytes * 2);
      if (all == 9) scatterAll(diagonal);
      else scatter(kinds, diagonal, known);
    }
  }
}

@inline
function scaleRow(plane: i32, i: usize, j: usize, scale: usize): void {
  const to = planes + <usize>plane * planeBytes + (i << 2);
  const both = f32x4.mul(v128.load(scale + (i << 2)), v128.load(scale + (j << 2)));
  v128.store(to, f32x4.mul(v128.load(to), both));
}

/** Scales rows and columns so that the diagonal is 1; `scale` is 1/√diagonal and 0 where there is none. */
export function normalise(scale: usize, known: usize): void {
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = <usize>load<i32>(from);
    const end = first + load<i32>(from, 4);
    const one = <usize>load<i32>(from, 16);
    const two = <usize>load<i32>(from, 20);
    for (let i = first; i < end; i += 4) {
      scaleRow(0, i, i + 1, scale);
      scaleRow(1, i, i + 2, scale);
      for (let k = 0; k < 5; k++) {
        scaleRow(2 + k, i, i + one + k - 2, scale);
        scaleRow(7 + k, i, i + two + k - 2, scale);
      }
      const to = known + (i << 2);
      v128.store(to, f32x4.mul(v128.load(to), v128.load(scale + (i << 2))));
    }
  }
}
