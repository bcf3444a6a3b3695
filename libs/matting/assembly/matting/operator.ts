import { entries, planeBytes, runBytes, runCount, runs } from './field';

// The system in f64, as planes of its entries right of the diagonal, which is 1 but for few pixels.

/** i32 each: the samples whose diagonal is not 1. */
let oddSamples: usize = 0;
/** f64 each: what their diagonal is less 1. */
let oddLacks: usize = 0;
export let oddCount: i32 = 0;

export function amend(samples: usize, lacks: usize, count: i32): void {
  oddSamples = samples;
  oddLacks = lacks;
  oddCount = count;
}

export function oddSampleOf(k: i32): i32 {
  return load<i32>(oddSamples + (<usize>k << 2));
}

export function oddLackOf(k: i32): f64 {
  return load<f64>(oddLacks + (<usize>k << 3));
}

/** Amends y = A x for the pixels whose diagonal is not 1. Returns what it adds to x·y. */
function applyOdd(x: usize, y: usize): f64 {
  let total: f64 = 0;
  for (let k: usize = 0; k < <usize>oddCount; k++) {
    const i = <usize>load<i32>(oddSamples + (k << 2)) << 3;
    const value = load<f64>(x + i);
    const change = value * load<f64>(oddLacks + (k << 3));
    store<f64>(y + i, load<f64>(y + i) + change);
    total += value * change;
  }
  return total;
}

/** Two entries times a vector; T says how the entries are stored, `i` where they would stand as f64. */
@inline
function term<T>(plane: usize, i: usize, x: usize): v128 {
  const at = entries(plane);
  if (sizeof<T>() == 8) return f64x2.mul(v128.load(at + i), v128.load(x));
  const first = f64x2.promote_low_f32x4(v128.load64_zero(at + (i >> 1)));
  const second = f64x2.promote_low_f32x4(v128.load64_zero(at + planeBytes + (i >> 1)));
  return f64x2.mul(f64x2.add(first, second), v128.load(x));
}

@inline
function belowRow<T>(plane: usize, i: usize, x: usize): v128 {
  const a = f64x2.add(term<T>(plane, i, x - 16), term<T>(plane + 1, i, x - 8));
  const b = f64x2.add(term<T>(plane + 2, i, x), term<T>(plane + 3, i, x + 8));
  return f64x2.add(f64x2.add(a, b), term<T>(plane + 4, i, x + 16));
}

@inline
function aboveRow<T>(plane: usize, other: usize, x: usize): v128 {
  const a = f64x2.add(term<T>(plane, other + 16, x + 16), term<T>(plane + 1, other + 8, x + 8));
  const b = f64x2.add(term<T>(plane + 2, other, x), term<T>(plane + 3, other - 8, x - 8));
  return f64x2.add(f64x2.add(a, b), term<T>(plane + 4, other - 16, x - 16));
}

@inline
function product<T>(x: usize, y: usize): f64 {
  let total = f64x2.splat(0);
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = <usize>load<i32>(from) << 3;
    const end = first + (load<i32>(from, 4) << 3);
    const upTwo = <usize>load<i32>(from, 8) << 3;
    const upOne = <usize>load<i32>(from, 12) << 3;
    const one = <usize>load<i32>(from, 16) << 3;
    const two = <usize>load<i32>(from, 20) << 3;
    for (let i = first; i < end; i += 16) {
      const at = x + i;
      const here = v128.load(at);
      const right = f64x2.add(term<T>(0, i, at + 8), term<T>(1, i, at + 16));
      const left = f64x2.add(term<T>(0, i - 8, at - 8), term<T>(1, i - 16, at - 16));
      const below = f64x2.add(belowRow<T>(2, i, at + one), belowRow<T>(7, i, at + two));
      const above = f64x2.add(aboveRow<T>(2, i + upOne, at + upOne), aboveRow<T>(7, i + upTwo, at + upTwo));
      const sum = f64x2.add(here, f64x2.add(f64x2.add(right, left), f64x2.add(below, above)));
      v128.store(y + i, sum);
      total = f64x2.add(total, f64x2.mul(here, sum));
    }
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/** y = A x, for each unknown pixel. Returns x·y. */
export function apply(x: usize, y: usize): f64 {
  return product<f32>(x, y) + applyOdd(x, y);
}

/** The same before the entries are split. */
export function applyWide(x: usize, y: usize): void {
  product<f64>(x, y);
}
