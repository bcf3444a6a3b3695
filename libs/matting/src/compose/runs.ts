/** Samples side by side in one row that reach a threshold. */
type Run = { readonly begin: number; readonly end: number; readonly row: number };

const runsOf = (mask: Uint8Array, width: number, least: number): Run[] => {
  const runs: Run[] = [];
  for (let start = 0, row = 0; start < mask.length; start += width, row++) {
    for (let x = 0; x < width; x++) {
      if (mask[start + x]! < least) continue;
      const begin = x;
      while (x < width && mask[start + x]! >= least) x++;
      runs.push({ begin, end: x, row });
    }
  }
  return runs;
};

/** Joins the numbers of sets. The least number stands for its set. */
const openSets = (count: number) => {
  const parents = Int32Array.from({ length: count }, (_, i) => i);
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
const joinRows = (runs: readonly Run[], join: (a: number, b: number) => void): void => {
  for (let above = 0, at = 0; at < runs.length; at++) {
    const run = runs[at]!;
    while (runs[above]!.row < run.row - 1) above++;
    while (runs[above]!.row === run.row - 1 && runs[above]!.end < run.begin) above++;
    for (let i = above; runs[i]!.row === run.row - 1 && runs[i]!.begin <= run.end; i++) join(i, at);
  }
};

export type Parts = {
  readonly runs: readonly Run[];
  /** The number of a run's part. */
  readonly partOf: (run: number) => number;
};

/** The connected parts of the samples that reach `least`. */
export const partsOf = (mask: Uint8Array, width: number, least: number): Parts => {
  const runs = runsOf(mask, width, least);
  const { find, join } = openSets(runs.length);
  joinRows(runs, join);
  return { runs, partOf: find };
};

/** The part with the most samples; the upper one of two that are as large. */
export const largestPart = ({ runs, partOf }: Parts): number | undefined => {
  const areas = new Map<number, number>();
  for (const [i, { begin, end }] of runs.entries())
    areas.set(partOf(i), (areas.get(partOf(i)) ?? 0) + end - begin);
  let largest: number | undefined;
  for (const [part, area] of areas) if (area > (areas.get(largest ?? -1) ?? 0)) largest = part;
  return largest;
};
