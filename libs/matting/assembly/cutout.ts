// The photo and its mask put together, sixteen pixels at a time.

/** One byte of the mask to each of the four bytes of a pixel, for the first four pixels. */
const everyByte = i8x16(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
/** The same to the alpha of a pixel alone; -128 gives 0. */
const alphaByte = i8x16(-128, -128, -128, 0, -128, -128, -128, 1, -128, -128, -128, 2, -128, -128, -128, 3);
/** Four pixels of RGB to RGBA of alpha 0. */
const widened = i8x16(0, 1, 2, -128, 3, 4, 5, -128, 6, 7, 8, -128, 9, 10, 11, -128);

/** Stores four pixels: colours and alpha where alpha is not 0, and nothing elsewhere. */
function storeFour(colours: v128, alpha: v128, to: usize): void {
  const seen = i8x16.ne(i8x16.swizzle(alpha, everyByte), i8x16.splat(0));
  v128.store(to, v128.and(v128.or(colours, i8x16.swizzle(alpha, alphaByte)), seen));
}

/** Whether a byte of the mask is not 0; `bytes` is rounded up to 16. */
export function isVisible(mask: usize, bytes: usize): bool {
  const end = mask + bytes;
  let seen = i8x16.splat(0);
  for (; mask < end; mask += 16) seen = v128.or(seen, v128.load(mask));
  return v128.any_true(seen);
}

/** `pixels` is rounded up to 16; reads 4 bytes past the photo. */
export function cutRgb(photo: usize, mask: usize, pixels: usize, to: usize): void {
  for (const end = mask + pixels; mask < end; mask += 16) {
    const alpha = v128.load(mask);
    storeFour(i8x16.swizzle(v128.load(photo), widened), alpha, to);
    storeFour(
      i8x16.swizzle(v128.load(photo, 12), widened),
      v128.shuffle<i32>(alpha, alpha, 1, 1, 1, 1),
      to + 16,
    );
    storeFour(
      i8x16.swizzle(v128.load(photo, 24), widened),
      v128.shuffle<i32>(alpha, alpha, 2, 2, 2, 2),
      to + 32,
    );
    storeFour(
      i8x16.swizzle(v128.load(photo, 36), widened),
      v128.shuffle<i32>(alpha, alpha, 3, 3, 3, 3),
      to + 48,
    );
    photo += 48;
    to += 64;
  }
}

/** Eight products of bytes / 255, rounded as Pillow's MULDIV255 rounds. */
function multiply(a: v128, b: v128): v128 {
  const product = i16x8.add(i16x8.mul(a, b), i16x8.splat(128));
  return i16x8.shr_u(i16x8.add(i16x8.shr_u(product, 8), product), 8);
}

/** `pixels` is rounded up to 16. */
export function cutRgba(photo: usize, mask: usize, pixels: usize, to: usize): void {
  const rgb = i32x4.splat(0xffffff);
  for (const end = mask + pixels; mask < end; mask += 16) {
    const four0 = v128.load(photo);
    const four1 = v128.load(photo, 16);
    const four2 = v128.load(photo, 32);
    const four3 = v128.load(photo, 48);
    const own01 = i16x8.narrow_i32x4_u(i32x4.shr_u(four0, 24), i32x4.shr_u(four1, 24));
    const own23 = i16x8.narrow_i32x4_u(i32x4.shr_u(four2, 24), i32x4.shr_u(four3, 24));
    const share = v128.load(mask);
    const alpha = i8x16.narrow_i16x8_u(
      multiply(own01, i16x8.extend_low_i8x16_u(share)),
      multiply(own23, i16x8.extend_high_i8x16_u(share)),
    );
    storeFour(v128.and(four0, rgb), alpha, to);
    storeFour(v128.and(four1, rgb), v128.shuffle<i32>(alpha, alpha, 1, 1, 1, 1), to + 16);
    storeFour(v128.and(four2, rgb), v128.shuffle<i32>(alpha, alpha, 2, 2, 2, 2), to + 32);
    storeFour(v128.and(four3, rgb), v128.shuffle<i32>(alpha, alpha, 3, 3, 3, 3), to + 48);
    photo += 64;
    to += 64;
  }
}
