// Where the tables of a block lie, each entry 4 bytes. Those of distances follow those of the other symbols.

// Symbols 0 to 255 are bytes, 256 ends a block, 257 to 285 are lengths. Distances have codes of their own.
export const SYMBOLS: u32 = 286;
export const DISTANCES: u32 = 30;
export const LONGEST_MATCH: u32 = 258;
export const HASH_BITS: u32 = 12;

export const countsAt: usize = 1024;
export const distanceCountsAt: usize = countsAt + 4 * SYMBOLS;
/** Code and, from bit 16 on, how many bits it has. */
export const codesAt: usize = 4096;
export const distanceCodesAt: usize = codesAt + 4 * SYMBOLS;
/** For each match length - 3: its code - 257 and, from bit 8 on, its extra bits; from bit 16 on, the base - 3. */
export const lengthsAt: usize = 8192;
export const sortedAt: usize = 10240;
export const treeAt: usize = 12288;
/** For each match length - 3: its code with the extra bits, and behind it how many bits they are. */
export const matchCodesAt: usize = 16384;
export const bucketsAt: usize = 18432;
/** Where the caller puts its data: behind the tables. */
export const dataAt: usize = bucketsAt + (4 << HASH_BITS);

export function count(at: usize, symbol: u32): void {
  store<u32>(at + 4 * symbol, load<u32>(at + 4 * symbol) + 1);
}
