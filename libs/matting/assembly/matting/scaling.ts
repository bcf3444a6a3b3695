import { entries, planeBytes, runBytes, runCount, runs } from './field';

@inline
function scaleRow(plane: usize, i: usize, j: usize, scale: usize): void {
  const to = entries(plane) + (i << 3);
  const from = scale + (i << 3);
  const other = scale + (j << 3);
  v128.store(to, f64x2.mul(v128.load(to), f64x2.mul(v128.load(from), v128.load(other))));
  v128.store(to, f64x2.mul(v128.load(to, 16), f64x2.mul(v128.load(from, 16), v128.load(other, 16))), 16);
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
      const to = known + (i << 3);
      v128.store(to, f64x2.mul(v128.load(to), v128.load(scale + (i << 3))));
      v128.store(to, f64x2.mul(v128.load(to, 16), v128.load(scale + (i << 3), 16)), 16);
    }
  }
}

/** Splits the f64 of every entry into two f32. `spare` is a plane of f32. */
export function split(samples: usize, spare: usize): void {
  for (let plane: usize = 0; plane < 12; plane++) {
    const at = entries(plane);
    // The first halves overwrite what was read before.
    for (let i: usize = 0; i < samples << 2; i += 8) {
      const value = v128.load(at + (i << 1));
      const first = f32x4.demote_f64x2_zero(value);
      v128.store64_lane(at + i, first, 0);
      v128.store64_lane(spare + i, f32x4.demote_f64x2_zero(f64x2.sub(value, f64x2.promote_low_f32x4(first))), 0);
    }
    memory.copy(at + planeBytes, spare, planeBytes);
  }
}
