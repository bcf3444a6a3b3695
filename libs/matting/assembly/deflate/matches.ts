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

function distanceSymbol(less: u32): u32 {
  if (less < 4) return less;
  const high: u32 = 31 - clz<u32>(less);
  return 2 * high + ((less >> (high - 1)) & 1);
}

function bucketOf(four: u32): usize {
  return bucketsAt + (((four * 0x9e3779b1) >> (32 - HASH_BITS)) << 2);
}

/** A bit for each of 16 bytes, set where they differ. */
function differences(a: usize, b: usize): u32 {
  return i8x16.bitmask(i8x16.ne(v128.load(a), v128.load(b)));
}

/** How many bytes are equal, of which the first 16 are. */
function measureMatch(at: usize, before: usize, most: u32): u32 {
  for (let length: u32 = 16; length < most; length += 16) {
    const differing = differences(at + length, before + length);
    if (differing !== 0) return length + ctz(differing);
  }
  return most;
}

/**
 * Bytes → tokens of 4 bytes: a byte, or with bit 31 set a match: the symbol of its distance from bit 24 on, length - 3
 * from bit 16 on, distance - 1 below. Reads up to 15 bytes past the end.
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
    const bucket = bucketOf(four);
    const before: usize = load<u32>(bucket);
    store<u32>(bucket, <u32>at);
    // Before the first use of a bucket, `before` is 0 and its bytes belong to no picture.
    const differing = differences(at, before);
    if ((differing & 0b1111) !== 0 || before < from || at - before > WINDOW) {
      for (let i = 0; i < STEP; i++) {
        const byte: u32 = load<u8>(at + i);
        count(countsAt, byte);
        store<u32>(tokens + 4 * i, byte);
      }
      at += STEP;
      tokens += 4 * STEP;
      continue;
    }

    const most: u32 = min<u32>(LONGEST_MATCH, <u32>(end - at));
    const length = min(most, differing !== 0 ? ctz(differing) : measureMatch(at, before, most));
    const less: u32 = <u32>(at - before) - 1;
    const symbol = distanceSymbol(less);
    count(countsAt, 257 + (load<u32>(lengthsAt + 4 * (length - 3)) & 255));
    count(distanceCountsAt, symbol);
    store<u32>(tokens, 0x80000000 | (symbol << 24) | ((length - 3) << 16) | less);
    tokens += 4;
    at += length;
    // What follows a match is worth finding, together with its last pixel: 1 to 9 % of all bytes.
    store<u32>(bucketOf(load<u32>(at - 4)), <u32>(at - 4));
  }
  for (; at < end; at++, tokens += 4) {
    const byte: u32 = load<u8>(at);
    count(countsAt, byte);
    store<u32>(tokens, byte);
  }
  return tokens;
}
