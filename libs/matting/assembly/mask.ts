// The stretch of a prediction to a mask, in float32 as numpy does it. Counts are rounded up to 16 values.

/** The least of the values; NaN when one of them is NaN. */
export function least(values: usize, count: usize): f32 {
  const end = values + count * 4;
  let all = v128.load(values);
  for (; values < end; values += 16) all = f32x4.min(all, v128.load(values));
  return min(
    min(f32x4.extract_lane(all, 0), f32x4.extract_lane(all, 1)),
    min(f32x4.extract_lane(all, 2), f32x4.extract_lane(all, 3)),
  );
}

/** The greatest of the values; NaN when one of them is NaN. */
export function greatest(values: usize, count: usize): f32 {
  const end = values + count * 4;
  let all = v128.load(values);
  for (; values < end; values += 16) all = f32x4.max(all, v128.load(values));
  return max(
    max(f32x4.extract_lane(all, 0), f32x4.extract_lane(all, 1)),
    max(f32x4.extract_lane(all, 2), f32x4.extract_lane(all, 3)),
  );
}

/** Four values as int32 from 0 to 255, fractions cut off. */
function stretchFour(values: v128, low: v128, range: v128): v128 {
  const share = f32x4.div(f32x4.sub(values, low), range);
  return i32x4.trunc_sat_f32x4_s(f32x4.mul(share, f32x4.splat(255)));
}

/** Values of low … low + range to bytes of 0 … 255. */
export function stretch(values: usize, count: usize, low: f32, range: f32, to: usize): void {
  const lows = f32x4.splat(low);
  const ranges = f32x4.splat(range);
  for (const end = values + count * 4; values < end; values += 64, to += 16) {
    const left = i16x8.narrow_i32x4_s(
      stretchFour(v128.load(values), lows, ranges),
      stretchFour(v128.load(values, 16), lows, ranges),
    );
    const right = i16x8.narrow_i32x4_s(
      stretchFour(v128.load(values, 32), lows, ranges),
      stretchFour(v128.load(values, 48), lows, ranges),
    );
    v128.store(to, i8x16.narrow_i16x8_u(left, right));
  }
}
