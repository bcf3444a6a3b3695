// Repeats of earlier bytes, RFC 1951, 3.2.5.
import { bucketsAt, count, countsAt, distanceCountsAt, HASH_BITS, lengthsAt, LONGEST_MATCH } from './tables';

const WINDOW: u32 = 32768;
/** Bytes that a miss skips. One finds no more than two, and takes longer. */
const STEP: i32 = 2;

export function prepareLengths(): void {
  let code: u32 = 0;
  for (let length: u32 = 3; length <= LONGEST_MATCH; code++) {
    const extra: u32 = code < 8 || code === 28 ? 0 : (code >> 2) - 1;
    const end: u32 = code === 27 ? LONGEST_MATCH : length + (1 << extra);
    for (let each = length; each < end; each++)
      store<u32>(lengthsAt + 4 * (each - 3), code | (extra << 8) | ((length - 3) << 16));
    length = end;
    if (code === 27) {
      store<u32>(lengthsAt + 4 * (LONGEST_MATCH - 3), 28 | ((LONGEST_MATCH - 3) << 16));
      break;
    }
  }
}

export function distanceCode(less: u32): u32 {
  if (less < 4) return less;
  const high: u32 = 31 - clz<u32>(less);
  return 2 * high + ((less >> (high - 1)) & 1);
}

/**
 * Bytes → tokens of 4 bytes: a byte, or from bit 31 on a match: length - 3 from bit 16 on, distance - 1 below.
 *
 * @returns the address behind the last token
 */
export function findMatches(from: usize, bytes: u32, tokens: usize): usize {
  memory.fill(bucketsAt, 0, 4 << HASH_BITS);
  const end = from + bytes;
  const lastStart = end - 8;
  let at = from;
  while (at < lastStart) {
    const four = load<u32>(at);
    const bucket = bucketsAt + (((four * 0x9e3779b1) >> (32 - HASH_BITS)) << 2);
    const before: usize = load<u32>(bucket);
    store<u32>(bucket, <u32>at);
    // Before the first use of a bucket, `before` is 0 and its bytes belong to no picture.
    if (before < from || at - before > WINDOW || load<u32>(before) !== four) {
      for (let i = 0; i < STEP; i++) {
        const byte: u32 = load<u8>(at + i);
        count(countsAt, byte);
        store<u32>(tokens + 4 * i, byte);
      }
      at += STEP;
      tokens += 4 * STEP;
      continue;
    }

    let length: usize = 4;
    const most = min<usize>(LONGEST_MATCH, end - at);
    while (
      length + 16 <= most &&
      i8x16.all_true(i8x16.eq(v128.load(at + length), v128.load(before + length)))
    )
      length += 16;
    while (length < most && load<u8>(at + length) === load<u8>(before + length)) length++;

    const less: u32 = <u32>(at - before) - 1;
    count(countsAt, 257 + (load<u32>(lengthsAt + 4 * (length - 3)) & 255));
    count(distanceCountsAt, distanceCode(less));
    store<u32>(tokens, 0x80000000 | ((<u32>length - 3) << 16) | less);
    tokens += 4;
    at += length;
  }
  for (; at < end; at++, tokens += 4) {
    const byte: u32 = load<u8>(at);
    count(countsAt, byte);
    store<u32>(tokens, byte);
  }
  return tokens;
}
