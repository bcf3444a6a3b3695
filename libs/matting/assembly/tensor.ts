// The network's input: looks up each sample and writes red, green and blue to planes of their own.

/**
 * The greatest byte of red, green and blue.
 *
 * @param channels 3, or 4 with the last ignored
 * @param bytes rounded up to 16, by zeros
 */
export function brightest(samples: usize, bytes: usize, channels: i32): u32 {
  const colours = channels == 3 ? i32x4.splat(-1) : i32x4.splat(0xffffff);
  const end = samples + bytes;
  let all = i8x16.splat(0);
  for (; samples < end; samples += 16) all = i8x16.max_u(all, v128.and(v128.load(samples), colours));

  all = i8x16.max_u(all, v128.shuffle<i64>(all, all, 1, 0));
  all = i8x16.max_u(all, v128.shuffle<i32>(all, all, 1, 0, 3, 2));
  const left = max(i8x16.extract_lane_u(all, 0), i8x16.extract_lane_u(all, 1));
  const right = max(i8x16.extract_lane_u(all, 2), i8x16.extract_lane_u(all, 3));
  return max(left, right);
}

/** Four samples, `step` bytes apart, looked up in a table of 256 float32. */
function lookUpFour(samples: usize, step: usize, table: usize): v128 {
  let four = v128.load32_zero(table + 4 * <usize>load<u8>(samples));
  four = v128.load32_lane(table + 4 * <usize>load<u8>(samples + step), four, 1);
  four = v128.load32_lane(table + 4 * <usize>load<u8>(samples + step * 2), four, 2);
  return v128.load32_lane(table + 4 * <usize>load<u8>(samples + step * 3), four, 3);
}

/**
 * @param pixels rounded up to 4
 * @param tables of red, green and blue, 256 float32 each
 * @param to red, green and blue, `plane` bytes apart
 */
export function lookUp(
  samples: usize,
  pixels: usize,
  channels: usize,
  tables: usize,
  to: usize,
  plane: usize,
): void {
  for (const end = samples + pixels * channels; samples < end; samples += channels * 4, to += 16) {
    v128.store(to, lookUpFour(samples, channels, tables));
    v128.store(to + plane, lookUpFour(samples + 1, channels, tables + 1024));
    v128.store(to + plane * 2, lookUpFour(samples + 2, channels, tables + 2048));
  }
}
