/** Weights of the neighbouring colours where alpha does not change; pymatting's defaults. */
const regularisation: f32 = 1e-5;
const one: v128 = f32x4(1, 1, 1, 1);
const zero: v128 = f32x4(0, 0, 0, 0);

@inline
function weightOf(alpha: f32, alphas: usize, other: usize): f32 {
  return regularisation + abs(alpha - load<f32>(alphas + (other << 2)));
}

@inline
function weighted(weight: f32, colour: v128): v128 {
  return f32x4.mul(f32x4.splat(weight), colour);
}

/**
 * Sweeps of Gauss-Seidel over colours of foreground and background that explain the photo: at each pixel those
 * that solve I = α F + (1 − α) B and lie near those around it, the nearer the less alpha changes in between.
 *
 * Source: Germer, Uelwer, Conrad and Harmeling, Fast multi-level foreground estimation, 2020; as in pymatting.
 *
 * @param around i32 × 4 for each pixel: left, right, above, below; itself where there is none
 * @param alphas f32, 0…1
 * @param photo, fore, back four f32 for each pixel: red, green, blue (0…1) and one unused
 */
export function relax(
  pixels: i32,
  sweeps: i32,
  around: usize,
  alphas: usize,
  photo: usize,
  fore: usize,
  back: usize,
): void {
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let i: usize = 0; i < <usize>pixels; i++) {
      const alpha = load<f32>(alphas + (i << 2));
      const rest: f32 = <f32>1 - alpha;
      const colour = v128.load(photo + (i << 4));
      const ways = around + (i << 4);
      const left = <usize>load<i32>(ways);
      const right = <usize>load<i32>(ways, 4);
      const above = <usize>load<i32>(ways, 8);
      const below = <usize>load<i32>(ways, 12);
      const l = weightOf(alpha, alphas, left);
      const r = weightOf(alpha, alphas, right);
      const a = weightOf(alpha, alphas, above);
      const u = weightOf(alpha, alphas, below);
      const pull: f32 = l + r + a + u;
      // The left neighbour comes last: it has just been computed.
      const f = f32x4.add(
        f32x4.add(f32x4.add(weighted(alpha, colour), weighted(r, v128.load(fore + (right << 4)))),
          f32x4.add(weighted(a, v128.load(fore + (above << 4))), weighted(u, v128.load(fore + (below << 4))))),
        weighted(l, v128.load(fore + (left << 4))),
      );
      const b = f32x4.add(
        f32x4.add(f32x4.add(weighted(rest, colour), weighted(r, v128.load(back + (right << 4)))),
          f32x4.add(weighted(a, v128.load(back + (above << 4))), weighted(u, v128.load(back + (below << 4))))),
        weighted(l, v128.load(back + (left << 4))),
      );
      const ff = alpha * alpha + pull;
      const bb = rest * rest + pull;
      const fb = alpha * rest;
      const inverse: f32 = 1 / (ff * bb - fb * fb);
      const p = f32x4.splat(inverse * bb);
      const q = f32x4.splat(inverse * fb);
      const s = f32x4.splat(inverse * ff);
      const newFore = f32x4.sub(f32x4.mul(p, f), f32x4.mul(q, b));
      const newBack = f32x4.sub(f32x4.mul(s, b), f32x4.mul(q, f));
      v128.store(fore + (i << 4), f32x4.max(zero, f32x4.min(one, newFore)));
      v128.store(back + (i << 4), f32x4.max(zero, f32x4.min(one, newBack)));
    }
  }
}
