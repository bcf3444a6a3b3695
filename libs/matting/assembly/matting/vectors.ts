// Whole planes; the number of samples is a multiple of four.

/** x·y of a plane of f64 and one of f32. */
export function dot(x: usize, y: usize, samples: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < samples << 2; i += 16) {
    const narrow = v128.load(y + i);
    low = f64x2.add(low, f64x2.mul(v128.load(x + (i << 1)), f64x2.promote_low_f32x4(narrow)));
    high = f64x2.add(
      high,
      f64x2.mul(v128.load(x + (i << 1), 16), f64x2.promote_low_f32x4(v128.shuffle<i32>(narrow, narrow, 2, 3, 2, 3))),
    );
  }
  const all = f64x2.add(low, high);
  return f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
}

/** The largest |z| × scale; z of f32. */
export function largest(z: usize, scale: usize, samples: usize): f64 {
  let most = f64x2.splat(0);
  for (let i: usize = 0; i < samples << 2; i += 16) {
    const narrow = v128.load(z + i);
    const low = f64x2.mul(f64x2.promote_low_f32x4(narrow), v128.load(scale + (i << 1)));
    const wide = f64x2.promote_low_f32x4(v128.shuffle<i32>(narrow, narrow, 2, 3, 2, 3));
    const high = f64x2.mul(wide, v128.load(scale + (i << 1), 16));
    most = f64x2.max(most, f64x2.max(f64x2.abs(low), f64x2.abs(high)));
  }
  return max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

/** p = z + β p; z of f32 */
export function combine(z: usize, beta: f64, p: usize, samples: usize): void {
  const factor = f64x2.splat(beta);
  for (let i: usize = 0; i < samples << 2; i += 16) {
    const narrow = v128.load(z + i);
    const to = p + (i << 1);
    v128.store(to, f64x2.add(f64x2.promote_low_f32x4(narrow), f64x2.mul(factor, v128.load(to))));
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(narrow, narrow, 2, 3, 2, 3));
    v128.store(to, f64x2.add(high, f64x2.mul(factor, v128.load(to, 16))), 16);
  }
}

/** x += α p and r −= α q, and r as f32 to `narrow`. Returns r·r. */
export function advance(alpha: f64, p: usize, q: usize, x: usize, r: usize, narrow: usize, samples: usize): f64 {
  const factor = f64x2.splat(alpha);
  let total = f64x2.splat(0);
  for (let i: usize = 0; i < samples << 3; i += 32) {
    v128.store(x + i, f64x2.add(v128.load(x + i), f64x2.mul(factor, v128.load(p + i))));
    v128.store(x + i, f64x2.add(v128.load(x + i, 16), f64x2.mul(factor, v128.load(p + i, 16))), 16);
    const low = f64x2.sub(v128.load(r + i), f64x2.mul(factor, v128.load(q + i)));
    const high = f64x2.sub(v128.load(r + i, 16), f64x2.mul(factor, v128.load(q + i, 16)));
    v128.store(r + i, low);
    v128.store(r + i, high, 16);
    total = f64x2.add(total, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    v128.store(
      narrow + (i >> 1),
      v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5),
    );
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}
