// What happens to rows before they are compressed: their filter, and the checksum.

/** The sum of four lanes of 32 bits. */
function lanes(sums: v128): u32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

const SUB: u8 = 1;
const UP: u8 = 2;

/** Sums of the amounts of 16 signed bytes, in four lanes. */
function amounts(differences: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.abs(differences)));
}

/**
 * Whether differences to the left are smaller than those to the row above by a fifth. Differences that are about as large
 * keep to one filter, since its rows repeat each other more often.
 */
function prefersSub(row: usize, stride: u32, channels: u32): bool {
  let left = i32x4.splat(0);
  let up = i32x4.splat(0);
  for (let x: u32 = 0; x + 16 <= stride; x += 16) {
    const bytes = v128.load(row + x);
    left = i32x4.add(left, amounts(i8x16.sub(bytes, v128.load(row + x - channels))));
    up = i32x4.add(up, amounts(i8x16.sub(bytes, v128.load(row + x - stride))));
  }
  return 5 * lanes(left) < 4 * lanes(up);
}

/**
 * Rows → differences to the pixel on the left or to the row above, each behind its filter's number. Source: PNG (third
 * edition), 9.2.
 *
 * @param above the row before the first one
 */
export function filterRows(above: usize, stride: u32, rows: u32, channels: u32, to: usize): void {
  let row = above + stride;
  for (let y: u32 = 0; y < rows; y++) {
    const isSub = prefersSub(row, stride, channels);
    const before = row - (isSub ? channels : stride);
    store<u8>(to++, isSub ? SUB : UP);
    let x: u32 = 0;
    for (; x + 16 <= stride; x += 16)
      v128.store(to + x, i8x16.sub(v128.load(row + x), v128.load(before + x)));
    for (; x < stride; x++) store<u8>(to + x, load<u8>(row + x) - load<u8>(before + x));
    // Nothing is on the left of the first pixel.
    if (isSub) memory.copy(to, row, channels);
    row += stride;
    to += stride;
  }
}

/** Adler-32 of more bytes, RFC 1950, 8.2. `sum` is 1 at first. */
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
