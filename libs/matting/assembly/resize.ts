// Pillow's two passes of weighted sums, four to a vector. A weight of 22 bits of fraction does not fit the 16 bits
// that the multiplication of pairs takes, so it comes as high × 2^11 + low (0 ≤ low < 2^11), and the two sums are
// joined at the end. All of it is integers, so the result is that of one sum.
//
// The taps of a target sample are a record: u32 first pair, u32 number of pairs, and for each pair of source
// samples i16 high, i16 high, i16 low, i16 low. Pairs begin at even samples; weights of 0 fill them up.

const lowBits = 11;
const precisionBits = 22;
const half = 1 << (precisionBits - 1);

const header: usize = 8;
const pairBytes: usize = 8;

/** Eight rows of one pair of samples: two vectors of four rows, each lane i16 left, i16 right. */
const turnedBytes: usize = 32;

// Which bytes of a row are four pairs of samples of one channel, in the order pixel, channel; -128 makes the byte
// that widens a sample to 16 bits.
const pairsOfGrey = i8x16(0, -128, 1, -128, 2, -128, 3, -128, 4, -128, 5, -128, 6, -128, 7, -128);
const pairsOfRgba = i8x16(0, -128, 4, -128, 1, -128, 5, -128, 2, -128, 6, -128, 3, -128, 7, -128);
const pairsOfRgb0 = i8x16(0, -128, 3, -128, 1, -128, 4, -128, 2, -128, 5, -128, 6, -128, 9, -128);
const pairsOfRgb7 = i8x16(0, -128, 3, -128, 1, -128, 4, -128, 5, -128, 8, -128, 6, -128, 9, -128);
const pairsOfRgb14 = i8x16(0, -128, 3, -128, 4, -128, 7, -128, 5, -128, 8, -128, 6, -128, 9, -128);

function turnFour(from: usize, pitch: usize, pairs: v128, to: usize): void {
  const row0 = i8x16.swizzle(v128.load(from), pairs);
  const row1 = i8x16.swizzle(v128.load(from + pitch), pairs);
  const row2 = i8x16.swizzle(v128.load(from + pitch * 2), pairs);
  const row3 = i8x16.swizzle(v128.load(from + pitch * 3), pairs);

  const near01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5);
  const near23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5);
  const far01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7);
  const far23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7);

  v128.store(to, v128.shuffle<i64>(near01, near23, 0, 2));
  v128.store(to + turnedBytes, v128.shuffle<i64>(near01, near23, 1, 3));
  v128.store(to + turnedBytes * 2, v128.shuffle<i64>(far01, far23, 0, 2));
  v128.store(to + turnedBytes * 3, v128.shuffle<i64>(far01, far23, 1, 3));
}

function turnEight(from: usize, pitch: usize, pairs: v128, to: usize): void {
  turnFour(from, pitch, pairs, to);
  turnFour(from + pitch * 4, pitch, pairs, to + 16);
}

/**
 * Turns eight rows so that a vector holds one pair of samples of four rows. Reads up to 16 bytes past the rows.
 *
 * @param rows eight rows of `pitch` bytes
 * @param groups of eight pixels
 * @param channels 1, 3 or 4
 */
export function turn(rows: usize, pitch: usize, groups: i32, channels: i32, to: usize): void {
  for (let group = 0; group < groups; group++) {
    if (channels == 1) {
      turnEight(rows, pitch, pairsOfGrey, to);
    } else if (channels == 3) {
      turnEight(rows, pitch, pairsOfRgb0, to);
      turnEight(rows + 7, pitch, pairsOfRgb7, to + turnedBytes * 4);
      turnEight(rows + 14, pitch, pairsOfRgb14, to + turnedBytes * 8);
    } else {
      turnEight(rows, pitch, pairsOfRgba, to);
      turnEight(rows + 8, pitch, pairsOfRgba, to + turnedBytes * 4);
      turnEight(rows + 16, pitch, pairsOfRgba, to + turnedBytes * 8);
      turnEight(rows + 24, pitch, pairsOfRgba, to + turnedBytes * 12);
    }
    rows += 8 * channels;
    to += turnedBytes * 4 * channels;
  }
}

function join(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.shl(high, lowBits), low), precisionBits);
}

/**
 * The pass along the rows, eight at a time.
 *
 * @param turned what `turn` made of them
 * @param taps a record per target pixel, `stride` bytes apart
 * @param to four pairs of rows, `pitch` bytes apart: bytes of the upper and the lower row by turns
 */
export function weighRows(
  turned: usize,
  channels: i32,
  taps: usize,
  stride: usize,
  targets: i32,
  to: usize,
  pitch: usize,
): void {
  const step = turnedBytes * channels;
  const end = taps + stride * targets;
  for (let record = taps; record < end; record += stride) {
    const first = turned + step * load<u32>(record);
    const last = record + header + pairBytes * load<u32>(record, 4);
    for (let channel = 0; channel < channels; channel++, to += 2) {
      let at = first + turnedBytes * channel;
      let upperHigh = i32x4.splat(0);
      let lowerHigh = i32x4.splat(0);
      let upperLow = i32x4.splat(half);
      let lowerLow = i32x4.splat(half);
      for (let pair = record + header; pair < last; pair += pairBytes, at += step) {
        const high = v128.load32_splat(pair);
        const low = v128.load32_splat(pair, 4);
        const upper = v128.load(at);
        const lower = v128.load(at, 16);
        upperHigh = i32x4.add(upperHigh, i32x4.dot_i16x8_s(upper, high));
        lowerHigh = i32x4.add(lowerHigh, i32x4.dot_i16x8_s(lower, high));
        upperLow = i32x4.add(upperLow, i32x4.dot_i16x8_s(upper, low));
        lowerLow = i32x4.add(lowerLow, i32x4.dot_i16x8_s(lower, low));
      }

      const words = i16x8.narrow_i32x4_s(join(upperHigh, upperLow), join(lowerHigh, lowerLow));
      const bytes = i8x16.narrow_i16x8_u(words, words);
      v128.store16_lane(to, bytes, 0);
      v128.store16_lane(to + pitch, bytes, 1);
      v128.store16_lane(to + pitch * 2, bytes, 2);
      v128.store16_lane(to + pitch * 3, bytes, 3);
    }
  }
}

/** Not all zero where the upper and the lower row of a pair differ. */
function unlike(pair: v128): v128 {
  return v128.xor(pair, v128.or(i16x8.shl(pair, 8), i16x8.shr_u(pair, 8)));
}

/**
 * The pass along the columns: one row of the target.
 *
 * @param pairs a ring of pairs of rows as `weighRows` leaves them, `pitch` bytes apart
 * @param mask the ring's number of pairs − 1, which is a power of two less one
 * @param record the taps of this row
 * @param to the row, of `bytes` rounded up to 16
 */
export function weighColumns(
  pairs: usize,
  pitch: usize,
  mask: u32,
  record: usize,
  bytes: usize,
  to: usize,
): void {
  const first = load<u32>(record);
  const beyond = first + load<u32>(record, 4);
  const last = record + header + pairBytes * (beyond - first);
  for (let x: usize = 0; x < bytes; x += 16, pairs += 32) {
    // A flat window resamples to itself: up to 16,000 taps, what rounding does to the sum of the weights, times 255,
    // stays below the half that rounds it away. Masks are mostly flat.
    const near = v128.load(pairs + pitch * (first & mask));
    const far = v128.load(pairs + pitch * (first & mask), 16);
    let change = v128.or(unlike(near), unlike(far));
    for (let next = first + 1; next < beyond && !v128.any_true(change); next++) {
      const at = pairs + pitch * (next & mask);
      change = v128.or(v128.xor(near, v128.load(at)), v128.xor(far, v128.load(at, 16)));
    }
    if (!v128.any_true(change)) {
      const byte = i16x8.splat(255);
      v128.store(to + x, i8x16.narrow_i16x8_u(v128.and(near, byte), v128.and(far, byte)));
      continue;
    }

    let high0 = i32x4.splat(0);
    let high1 = i32x4.splat(0);
    let high2 = i32x4.splat(0);
    let high3 = i32x4.splat(0);
    let low0 = i32x4.splat(half);
    let low1 = i32x4.splat(half);
    let low2 = i32x4.splat(half);
    let low3 = i32x4.splat(half);
    let index = first;
    for (let pair = record + header; pair < last; pair += pairBytes, index++) {
      const high = v128.load32_splat(pair);
      const low = v128.load32_splat(pair, 4);
      const at = pairs + pitch * (index & mask);
      const near = v128.load(at);
      const far = v128.load(at, 16);
      const pair0 = i16x8.extend_low_i8x16_u(near);
      const pair1 = i16x8.extend_high_i8x16_u(near);
      const pair2 = i16x8.extend_low_i8x16_u(far);
      const pair3 = i16x8.extend_high_i8x16_u(far);
      high0 = i32x4.add(high0, i32x4.dot_i16x8_s(pair0, high));
      high1 = i32x4.add(high1, i32x4.dot_i16x8_s(pair1, high));
      high2 = i32x4.add(high2, i32x4.dot_i16x8_s(pair2, high));
      high3 = i32x4.add(high3, i32x4.dot_i16x8_s(pair3, high));
      low0 = i32x4.add(low0, i32x4.dot_i16x8_s(pair0, low));
      low1 = i32x4.add(low1, i32x4.dot_i16x8_s(pair1, low));
      low2 = i32x4.add(low2, i32x4.dot_i16x8_s(pair2, low));
      low3 = i32x4.add(low3, i32x4.dot_i16x8_s(pair3, low));
    }
    const left = i16x8.narrow_i32x4_s(join(high0, low0), join(high1, low1));
    const right = i16x8.narrow_i32x4_s(join(high2, low2), join(high3, low3));
    v128.store(to + x, i8x16.narrow_i16x8_u(left, right));
  }
}
