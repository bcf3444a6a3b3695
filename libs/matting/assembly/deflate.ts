// The rows of a picture as the zlib stream of a PNG. Each strip of rows is filtered by Up and written as one deflate
// block with Huffman codes of its own, so that strips depend on nothing but the row before them.
//
// Source: RFC 1950, RFC 1951, and PNG (third edition), 9 and 10.

// Symbols 0 to 255 are bytes, 256 ends a block, 257 to 285 are lengths. Distances have codes of their own.
const END: u32 = 256;
const SYMBOLS: u32 = 286;
const DISTANCES: u32 = 30;
const LONGEST_CODE: u32 = 15;
const WINDOW: u32 = 32768;
const LONGEST_MATCH: u32 = 258;
const HASH_BITS: u32 = 12;
/** Bytes that a miss skips. One finds no more than two, and takes longer. */
const STEP: i32 = 2;

// Addresses. Counts and codes are 4 bytes for each symbol; those of distances follow those of the others.
const countsAt: usize = 1024;
const distanceCountsAt: usize = countsAt + 4 * SYMBOLS;
/** Code and, from bit 16 on, its length. */
const codesAt: usize = 4096;
const distanceCodesAt: usize = codesAt + 4 * SYMBOLS;
/** For each match length - 3: its code - 257 and, from bit 8 on, its extra bits; from bit 16 on, the base - 3. */
const lengthsAt: usize = 8192;
const sortedAt: usize = 10240;
const treeAt: usize = 12288;
const bucketsAt: usize = 16384;
/** Where the caller puts its data: behind the tables. */
export const dataAt: usize = bucketsAt + (4 << HASH_BITS);

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

function prepareLengths(): void {
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

function distanceCode(less: u32): u32 {
  if (less < 4) return less;
  const high: u32 = 31 - clz<u32>(less);
  return 2 * high + ((less >> (high - 1)) & 1);
}

function count(at: usize, symbol: u32): void {
  store<u32>(at + 4 * symbol, load<u32>(at + 4 * symbol) + 1);
}

/**
 * Bytes → tokens of 4 bytes: a byte, or from bit 31 on a match: length - 3 from bit 16 on, distance - 1 below.
 *
 * @returns the address behind the last token
 */
function findMatches(from: usize, bytes: u32, tokens: usize): usize {
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

/** Symbols that occur, the rarest first: count << 9 | symbol. @returns how many */
function sortSymbols(counts: usize, symbols: u32): u32 {
  let used: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const often = load<u32>(counts + 4 * symbol);
    if (often > 0) store<u32>(sortedAt + 4 * used++, (often << 9) | symbol);
  }
  for (let gap: u32 = used >> 1; gap > 0; gap >>= 1)
    for (let i = gap; i < used; i++) {
      const key = load<u32>(sortedAt + 4 * i);
      let j = i;
      while (j >= gap && load<u32>(sortedAt + 4 * (j - gap)) > key) {
        store<u32>(sortedAt + 4 * j, load<u32>(sortedAt + 4 * (j - gap)));
        j -= gap;
      }
      store<u32>(sortedAt + 4 * j, key);
    }
  return used;
}

/**
 * The code length of each sorted symbol, in place. Source: Moffat and Katajainen, In-place calculation of
 * minimum-redundancy codes, 1995.
 *
 * @returns the longest
 */
function measureCodes(used: i32): u32 {
  for (let i = 0; i < used; i++) store<u32>(treeAt + 4 * i, load<u32>(sortedAt + 4 * i) >> 9);
  let leaf = 2;
  let root = 0;
  store<u32>(treeAt, load<u32>(treeAt) + load<u32>(treeAt + 4));
  for (let next = 1; next < used - 1; next++) {
    let sum: u32 = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf >= used || (root < next && load<u32>(treeAt + 4 * root) < load<u32>(treeAt + 4 * leaf))) {
        sum += load<u32>(treeAt + 4 * root);
        store<u32>(treeAt + 4 * root++, next);
      } else sum += load<u32>(treeAt + 4 * leaf++);
    }
    store<u32>(treeAt + 4 * next, sum);
  }
  store<u32>(treeAt + 4 * (used - 2), 0);
  for (let next = used - 3; next >= 0; next--)
    store<u32>(treeAt + 4 * next, load<u32>(treeAt + 4 * load<u32>(treeAt + 4 * next)) + 1);

  let available = 1;
  let inner = 0;
  let depth: u32 = 0;
  root = used - 2;
  let next = used - 1;
  while (available > 0) {
    while (root >= 0 && load<u32>(treeAt + 4 * root) === depth) {
      inner++;
      root--;
    }
    while (available > inner) {
      store<u32>(treeAt + 4 * next--, depth);
      available--;
    }
    available = 2 * inner;
    depth++;
    inner = 0;
  }
  return load<u32>(treeAt);
}

function reversed(code: u32, length: u32): u32 {
  let result: u32 = 0;
  for (let i: u32 = 0; i < length; i++) result |= ((code >> i) & 1) << (length - 1 - i);
  return result;
}

/** Canonical Huffman codes of at most 15 bits; at least two symbols occur. */
function makeCodes(counts: usize, symbols: u32, codes: usize): void {
  let used = sortSymbols(counts, symbols);
  while (measureCodes(used) > LONGEST_CODE) {
    for (let symbol: u32 = 0; symbol < symbols; symbol++) {
      const often = load<u32>(counts + 4 * symbol);
      if (often > 0) store<u32>(counts + 4 * symbol, (often >> 2) | 1);
    }
    used = sortSymbols(counts, symbols);
  }
  memory.fill(codes, 0, 4 * symbols);
  for (let i: u32 = 0; i < used; i++)
    store<u32>(codes + 4 * (load<u32>(sortedAt + 4 * i) & 511), load<u32>(treeAt + 4 * i) << 16);

  // The first code of each length, RFC 1951, 3.2.2.
  memory.fill(treeAt, 0, 4 * (LONGEST_CODE + 2));
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length = load<u32>(codes + 4 * symbol) >> 16;
    if (length > 0) count(treeAt, length + 1);
  }
  let code: u32 = 0;
  for (let length: u32 = 1; length <= LONGEST_CODE; length++) {
    code = (code + load<u32>(treeAt + 4 * length)) << 1;
    store<u32>(treeAt + 4 * length, code);
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length = load<u32>(codes + 4 * symbol) >> 16;
    if (length === 0) continue;
    store<u16>(codes + 4 * symbol, <u16>reversed(load<u32>(treeAt + 4 * length), length));
    count(treeAt, length);
  }
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

function putTokens(tokens: usize, end: usize): void {
  for (; tokens < end; tokens += 4) {
    const token = load<u32>(tokens);
    if (token < 256) {
      putSymbol(codesAt, token);
      continue;
    }
    const length = (token >> 16) & 0x7fff;
    const entry = load<u32>(lengthsAt + 4 * length);
    const code = load<u32>(codesAt + 4 * (257 + (entry & 255)));
    let size = code >> 16;
    let value: u64 = code & 0xffff;
    value |= (<u64>(length - (entry >> 16))) << size;
    size += (entry >> 8) & 255;

    const less = token & 0xffff;
    const symbol = distanceCode(less);
    const distance = load<u32>(distanceCodesAt + 4 * symbol);
    value |= (<u64>(distance & 0xffff)) << size;
    size += distance >> 16;
    const extra: u32 = symbol < 4 ? 0 : (symbol >> 1) - 1;
    value |= (<u64>(less & ((1 << extra) - 1))) << size;
    put(value, size + extra);
  }
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

/** Rows → differences to the row above, each behind its filter's number; reads up to 15 bytes past the rows. */
export function filterUp(above: usize, stride: u32, rows: u32, to: usize): void {
  let row = above + stride;
  for (let y: u32 = 0; y < rows; y++) {
    store<u8>(to++, 2);
    let x: u32 = 0;
    for (; x + 16 <= stride; x += 16)
      v128.store(to + x, i8x16.sub(v128.load(row + x), v128.load(row - stride + x)));
    for (; x < stride; x++) store<u8>(to + x, load<u8>(row + x) - load<u8>(row - stride + x));
    row += stride;
    to += stride;
  }
}

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
