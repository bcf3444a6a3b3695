// The checksum of RFC 1950.

/** Adler-32 of more bytes. `sum` is 1 at first. */
export function adler32(sum: u32, from: usize, bytes: u32): u32 {
  let a: u32 = sum & 0xffff;
  let b: u32 = sum >> 16;
  const weightsLow = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const weightsHigh = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  const end = from + bytes;
  while (from < end) {
    // So many bytes keep the sums below 2^32.
    const stop = min(end, from + 5536);
    let sums = i32x4.splat(0);
    let prefixes = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    const start = from;
    for (; from + 16 <= stop; from += 16) {
      const block = v128.load(from);
      prefixes = i32x4.add(prefixes, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(block)));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(block), weightsLow));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(block), weightsHigh));
    }
    b += <u32>(from - start) * a + 16 * lanes(prefixes) + lanes(weighted);
    a += lanes(sums);
    for (; from < stop; from++) {
      a += load<u8>(from);
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16) | a;
}

function lanes(sums: v128): u32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}
