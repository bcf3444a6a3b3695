import { entries, runBytes, runCount, runs } from './field';

// The system has 1 on its diagonal. L is what stands left of it, U = Lᵀ what stands right of it.

@inline
function term(plane: usize, entry: usize, vector: usize): v128 {
  return f32x4.mul(v128.load(entries(plane) + entry), v128.load(vector));
}

/** Of U, what leads to one of the two rows below; `entry` is where the four pixels stand, in bytes. */
@inline
function belowRow(plane: usize, entry: usize, x: usize): v128 {
  const a = f32x4.add(term(plane, entry, x - 8), term(plane + 1, entry, x - 4));
  const b = f32x4.add(term(plane + 2, entry, x), term(plane + 3, entry, x + 4));
  return f32x4.add(f32x4.add(a, b), term(plane + 4, entry, x + 8));
}

/** Of L, what leads to one of the two rows above: the entries stand with the other pixel. */
@inline
function aboveRow(plane: usize, other: usize, x: usize): v128 {
  const a = f32x4.add(term(plane, other + 8, x + 8), term(plane + 1, other + 4, x + 4));
  const b = f32x4.add(term(plane + 2, other, x), term(plane + 3, other - 4, x - 4));
  return f32x4.add(f32x4.add(a, b), term(plane + 4, other - 8, x - 8));
}

@inline
function rightOf(entry: usize, x: usize): v128 {
  return f32x4.add(term(0, entry, x + 4), term(1, entry, x + 8));
}

@inline
function leftOf(entry: usize, x: usize): v128 {
  return f32x4.add(term(0, entry - 4, x - 4), term(1, entry - 8, x - 8));
}

@inline
function rowsBelow(entry: usize, one: usize, two: usize, x: usize): v128 {
  return f32x4.add(belowRow(2, entry, x + entry + one), belowRow(7, entry, x + entry + two));
}

@inline
function rowsAbove(one: usize, two: usize, x: usize): v128 {
  return f32x4.add(aboveRow(2, one, x + one), aboveRow(7, two, x + two));
}

@inline
function entryOf(plane: usize, entry: usize): f32 {
  return load<f32>(entries(plane) + entry);
}

/** x = (1 + L)⁻¹ r: the sweep of Gauss-Seidel through zeros. */
export function forward(r: usize, x: usize): void {
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = <usize>load<i32>(from) << 2;
    const end = first + (load<i32>(from, 4) << 2);
    const upTwo = <usize>load<i32>(from, 8) << 2;
    const upOne = <usize>load<i32>(from, 12) << 2;
    let near: f32 = 0;
    let far: f32 = 0;
    for (let i = first; i < end; i += 16) {
      const rest = f32x4.sub(v128.load(r + i), rowsAbove(i + upOne, i + upTwo, x));
      const a = f32x4.extract_lane(rest, 0) - entryOf(1, i - 8) * far - entryOf(0, i - 4) * near;
      const b = f32x4.extract_lane(rest, 1) - entryOf(1, i - 4) * near - entryOf(0, i) * a;
      far = f32x4.extract_lane(rest, 2) - entryOf(1, i) * a - entryOf(0, i + 4) * b;
      near = f32x4.extract_lane(rest, 3) - entryOf(1, i + 4) * b - entryOf(0, i + 8) * far;
      v128.store(x + i, f32x4(a, b, far, near));
    }
  }
}

/** y = −U x: what the forward sweep leaves of the residual. */
export function upper(x: usize, y: usize): void {
  for (let run = 0, from = runs; run < runCount; run++, from += runBytes) {
    const first = <usize>load<i32>(from) << 2;
    const end = first + (load<i32>(from, 4) << 2);
    const one = <usize>load<i32>(from, 16) << 2;
    const two = <usize>load<i32>(from, 20) << 2;
    for (let i = first; i < end; i += 16) {
      v128.store(y + i, f32x4.neg(f32x4.add(rightOf(i, x + i), rowsBelow(i, one, two, x))));
    }
  }
}

/** x = (1 + U)⁻¹ (r − L x): a sweep of Gauss-Seidel from the end. */
export function backward(r: usize, x: usize): void {
  for (let run = runCount, from = runs + <usize>runCount * runBytes; run > 0; run--) {
    from -= runBytes;
    const first = <usize>load<i32>(from) << 2;
    const upTwo = <usize>load<i32>(from, 8) << 2;
    const upOne = <usize>load<i32>(from, 12) << 2;
    const one = <usize>load<i32>(from, 16) << 2;
    const two = <usize>load<i32>(from, 20) << 2;
    let near: f32 = 0;
    let far: f32 = 0;
    for (let i = first + (((load<i32>(from, 4) + 3) >> 2) << 4); i > first; ) {
      i -= 16;
      const rows = f32x4.add(rowsAbove(i + upOne, i + upTwo, x), rowsBelow(i, one, two, x));
      const rest = f32x4.sub(v128.load(r + i), f32x4.add(rows, leftOf(i, x + i)));
      const d = f32x4.extract_lane(rest, 3) - entryOf(1, i + 12) * far - entryOf(0, i + 12) * near;
      const c = f32x4.extract_lane(rest, 2) - entryOf(1, i + 8) * near - entryOf(0, i + 8) * d;
      far = f32x4.extract_lane(rest, 1) - entryOf(1, i + 4) * d - entryOf(0, i + 4) * c;
      near = f32x4.extract_lane(rest, 0) - entryOf(1, i) * c - entryOf(0, i) * far;
      v128.store(x + i, f32x4(near, far, c, d));
    }
  }
}
