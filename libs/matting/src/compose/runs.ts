/**
 * Samples side by side in one row that reach a threshold, in the order of the picture. Places are counted over all rows.
 * A mask of noise has a run for every second sample, so they are numbers and not objects.
 */
export type Runs = { readonly begins: Int32Array; readonly ends: Int32Array; readonly count: number };

type Visit = (begin: number, end: number) => void;

const forEachRun = (mask: Uint8Array, width: number, least: number, visit: Visit): void => {
  for (let start = 0; start < mask.length; start += width) {
    const end = start + width;
    for (let at = start; at < end; at++) {
      if (mask[at]! < least) continue;
      const begin = at;
      while (at < end && mask[at]! >= least) at++;
      visit(begin, at);
    }
  }
};

const runsOf = (mask: Uint8Array, width: number, least: number): Runs => {
  let count = 0;
  forEachRun(mask, width, least, () => count++);
  const [begins, ends] = [new Int32Array(count), new Int32Array(count)];
  let i = 0;
  forEachRun(mask, width, least, (begin, end) => {
    begins[i] = begin;
    ends[i++] = end;
  });
  return { begins, ends, count };
};

/** Joins the numbers of sets. The least number stands for its set. */
const openSets = (count: number) => {
  const parents = new Int32Array(count);
  for (let i = 0; i < count; i++) parents[i] = i;
  const find = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root]!;
    for (let at = i; at !== root;) {
      const next = parents[at]!;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  const join = (a: number, b: number) => {
    const [first, second] = [find(a), find(b)];
    parents[Math.max(first, second)] = Math.min(first, second);
  };
  return { find, join };
};

/** Runs in neighbouring rows touch, also by their corners. */
const joinRows = (
  { begins, ends, count }: Runs,
  width: number,
  join: (a: number, b: number) => void,
): void => {
  const rowOf = (i: number) => Math.floor(begins[i]! / width);
  for (let above = 0, at = 0; at < count; at++) {
    const row = rowOf(at);
    while (rowOf(above) < row - 1) above++;
    while (rowOf(above) === row - 1 && ends[above]! + width < begins[at]!) above++;
    for (let i = above; rowOf(i) === row - 1 && begins[i]! + width <= ends[at]!; i++) join(i, at);
  }
};

export type Parts = {
  readonly runs: Runs;
  /** The number of a run's part: that of its first run. */
  readonly partOf: (run: number) => number;
};

/** The connected parts of the samples that reach `least`. */
export const partsOf = (mask: Uint8Array, width: number, least: number): Parts => {
  const runs = runsOf(mask, width, least);
  const { find, join } = openSets(runs.count);
  joinRows(runs, width, join);
  return { runs, partOf: find };
};

/** The part with the most samples; the upper one of two that are as large. -1 when there is none. */
export const largestPart = ({ runs: { begins, ends, count }, partOf }: Parts): number => {
  const areas = new Int32Array(count);
  for (let i = 0; i < count; i++) areas[partOf(i)]! += ends[i]! - begins[i]!;
  let largest = -1;
  for (let i = 0; i < count; i++) if (areas[i]! > (areas[largest] ?? 0)) largest = i;
  return largest;
};
