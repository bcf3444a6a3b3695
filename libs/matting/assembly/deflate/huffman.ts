// Canonical Huffman codes, RFC 1951, 3.2.2.
import { count, sortedAt, treeAt } from './tables';

const LONGEST_CODE: u32 = 15;

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

export function reversed(code: u32, length: u32): u32 {
  let result: u32 = 0;
  for (let i: u32 = 0; i < length; i++) result |= ((code >> i) & 1) << (length - 1 - i);
  return result;
}

/** Canonical Huffman codes of at most 15 bits; at least two symbols occur. */
export function makeCodes(counts: usize, symbols: u32, codes: usize): void {
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
