// A block of deflate with codes of its own, RFC 1951, 3.2.3 and 3.2.7.
import { makeCodes, reversed } from './huffman';
import { findMatches, prepareLengths } from './matches';
import {
  codesAt,
  count,
  countsAt,
  DISTANCES,
  distanceCodesAt,
  distanceCountsAt,
  lengthsAt,
  LONGEST_MATCH,
  matchCodesAt,
  SYMBOLS,
} from './tables';

const END: u32 = 256;
/** Four bits to each code length from 0 to 15, in the order of RFC 1951, 3.2.7: 16, 17 and 18 are not used. */
const LENGTH_CODES: u64 = 0b100_100_100_100_100_100_100_100_100_100_100_100_100_100_100_100_000_000_000;

let bits: u64 = 0;
let bitCount: u32 = 0;
let out: usize = 0;

/** At most 56 bits at once. */
function put(value: u64, count: u32): void {
  bits |= value << bitCount;
  bitCount += count;
  store<u64>(out, bits);
  out += bitCount >> 3;
  bits >>= bitCount & 56;
  bitCount &= 7;
}

function putSymbol(codes: usize, symbol: u32): void {
  const code = load<u32>(codes + 4 * symbol);
  put(code & 0xffff, code >> 16);
}

function putHeader(isLast: bool): void {
  // The last block, dynamic codes, all 286 symbols, all 30 distances, all 19 code lengths.
  put((isLast ? 1 : 0) | (2 << 1) | (29 << 3) | (29 << 8) | (15 << 13), 17);
  put(LENGTH_CODES & 0xfffffff, 28);
  put(LENGTH_CODES >> 28, 29);
  for (let i: u32 = 0; i < SYMBOLS + DISTANCES; i++) put(reversed(load<u32>(codesAt + 4 * i) >> 16, 4), 4);
}

/** Joins the codes of lengths with their extra bits, and notes from bit 24 on how many extra bits a distance has. */
function joinCodes(): void {
  for (let length: u32 = 0; length <= LONGEST_MATCH - 3; length++) {
    const entry = load<u32>(lengthsAt + 4 * length);
    const code = load<u32>(codesAt + 4 * (257 + (entry & 255)));
    const size = code >> 16;
    const value = (code & 0xffff) | ((length - (entry >> 16)) << size);
    store<u32>(matchCodesAt + 8 * length, value);
    store<u32>(matchCodesAt + 8 * length, size + ((entry >> 8) & 255), 4);
  }
  for (let symbol: u32 = 4; symbol < DISTANCES; symbol++) {
    const at = distanceCodesAt + 4 * symbol;
    store<u32>(at, load<u32>(at) | (((symbol >> 1) - 1) << 24));
  }
}

/** At most 48 bits are put at once, behind 7 that are held. */
function putTokens(tokens: usize, end: usize): void {
  // Locals stay in registers, unlike globals.
  let pending = bits;
  let held = bitCount;
  let to = out;
  for (; tokens < end; tokens += 4) {
    const token = load<u32>(tokens);
    if (token < 256) {
      const code = load<u32>(codesAt + 4 * token);
      pending |= (<u64>(code & 0xffff)) << held;
      held += code >> 16;
      const next = load<u32>(tokens, 4);
      if (next < 256 && tokens + 4 < end) {
        const second = load<u32>(codesAt + 4 * next);
        pending |= (<u64>(second & 0xffff)) << held;
        held += second >> 16;
        tokens += 4;
      }
    } else {
      const length = matchCodesAt + 8 * ((token >> 16) & 0xff);
      pending |= (<u64>load<u32>(length)) << held;
      held += load<u32>(length, 4);
      const distance = load<u32>(distanceCodesAt + 4 * ((token >> 24) & 31));
      pending |= (<u64>(distance & 0xffff)) << held;
      held += (distance >> 16) & 31;
      const extra = distance >> 24;
      pending |= (<u64>(token & ((1 << extra) - 1))) << held;
      held += extra;
    }
    store<u64>(to, pending);
    to += held >> 3;
    pending >>= held & 56;
    held &= 7;
  }
  bits = pending;
  bitCount = held;
  out = to;
}

/**
 * Writes bytes as a block that begins and ends at a whole byte.
 *
 * @param tokens room for 4 bytes each
 * @param to room for 2 bytes each, and 600
 * @returns the bytes written
 */
export function writeBlock(from: usize, bytes: u32, tokens: usize, to: usize, isLast: bool): u32 {
  if (load<u32>(lengthsAt + 4 * 255) === 0) prepareLengths();
  memory.fill(countsAt, 0, 4 * (SYMBOLS + DISTANCES));
  count(countsAt, END);
  // A code of one symbol alone would be incomplete.
  count(distanceCountsAt, 0);
  count(distanceCountsAt, 1);
  const end = findMatches(from, bytes, tokens);
  makeCodes(countsAt, SYMBOLS, codesAt);
  makeCodes(distanceCountsAt, DISTANCES, distanceCodesAt);

  bits = 0;
  bitCount = 0;
  out = to;
  putHeader(isLast);
  joinCodes();
  putTokens(tokens, end);
  putSymbol(codesAt, END);
  // An empty stored block reaches the next whole byte: 3 bits, the rest of the byte, its length and the inverse.
  if (!isLast) {
    put(0, 3);
    if (bitCount > 0) put(0, 8 - bitCount);
    put(0xffff0000, 32);
  } else if (bitCount > 0) put(0, 8 - bitCount);
  return <u32>(out - to);
}
