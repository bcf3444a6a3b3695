/** Weights of the neighbouring colours where alpha does not change; pymatting's defaults. */
const regularisation: f32 = 1e-5;
const one: v128 = f32x4(1, 1, 1, 1);
const zero: v128 = f32x4(0, 0, 0, 0);

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
      let f = f32x4.mul(f32x4.splat(alpha), colour);
      let b = f32x4.mul(f32x4.splat(rest), colour);
      let pull: f32 = 0;
      for (let side: usize = 0; side < 4; side++) {
        const j = <usize>load<i32>(around + ((i * 4 + side) << 2));
        const weight = regularisation + abs(alpha - load<f32>(alphas + (j << 2)));
        pull += weight;
        f = f32x4.add(f, f32x4.mul(f32x4.splat(weight), v128.load(fore + (j << 4))));
        b = f32x4.add(b, f32x4.mul(f32x4.splat(weight), v128.load(back + (j << 4))));
      }
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
