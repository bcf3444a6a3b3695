// Whole planes; the number of samples is a multiple of four.

export function dot(x: usize, y: usize, samples: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < samples << 2; i += 16) {
    const product = f32x4.mul(v128.load(x + i), v128.load(y + i));
    low = f64x2.add(low, f64x2.promote_low_f32x4(product));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(product, product, 2, 3, 2, 3)));
  }
  const all = f64x2.add(low, high);
  return f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
}

/** p = z + β p */
export function combine(z: usize, beta: f32, p: usize, samples: usize): void {
  const factor = f32x4.splat(beta);
  for (let i: usize = 0; i < samples << 2; i += 16) {
    v128.store(p + i, f32x4.add(v128.load(z + i), f32x4.mul(factor, v128.load(p + i))));
  }
}

/** x += α p and r −= α q. Returns the largest change of an alpha, which is x × scale. */
export function advance(
  alpha: f32,
  p: usize,
  q: usize,
  x: usize,
  r: usize,
  scale: usize,
  samples: usize,
): f32 {
  const factor = f32x4.splat(alpha);
  let most = f32x4.splat(0);
  for (let i: usize = 0; i < samples << 2; i += 16) {
    const step = f32x4.mul(factor, v128.load(p + i));
    v128.store(x + i, f32x4.add(v128.load(x + i), step));
    v128.store(r + i, f32x4.sub(v128.load(r + i), f32x4.mul(factor, v128.load(q + i))));
    most = f32x4.max(most, f32x4.abs(f32x4.mul(step, v128.load(scale + i))));
  }
  const a = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  const b = max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3));
  return max(a, b);
}
