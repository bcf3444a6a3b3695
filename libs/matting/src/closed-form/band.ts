import { closeGaps, inside, type Spans, spansOf, widen } from './spans.js';

/** Integers of a run: first sample, samples, distances to rows -2, -1, +1 and +2 in samples, column, row. */
export const runInts = 8;

/**
 * The unknown pixels of a trimap and those near them, numbered row by row as samples. A run is a stretch of unknown
 * pixels in one row, along which the distances to the rows above and below stay the same. Gaps of up to three pixels
 * belong to a run and are zero.
 */
export type Band = {
  readonly samples: number;
  /** The numbered pixels; `bases` holds the number of each span's first one. */
  readonly stored: Spans;
  readonly bases: Int32Array;
  /** Runs of the unknown pixels. */
  readonly runs: Int32Array;
  /** Runs of the pixels whose window of 3 × 3 holds an unknown one. */
  readonly centres: Int32Array;
};

/** Vectors of four reach up to two samples before and five behind a run. */
const margin = 8;

const number = (stored: Spans): { bases: Int32Array; samples: number } => {
  const bases = new Int32Array(stored.edges.length / 2);
  let samples = margin;
  for (let span = 0; span < bases.length; span++) {
    bases[span] = samples;
    samples += stored.edges[span * 2 + 1]! - stored.edges[span * 2]!;
  }
  return { bases, samples: Math.ceil((samples + margin) / 4) * 4 };
};

/** The number of a stored pixel. */
const locate = ({ top, starts, edges }: Spans, bases: Int32Array, x: number, y: number): number => {
  let low = starts[y - top]!;
  let high = starts[y - top + 1]! - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle * 2]! <= x) low = middle;
    else high = middle - 1;
  }
  return bases[low]! + x - edges[low * 2]!;
};

const toRuns = (spans: Spans, stored: Spans, bases: Int32Array, reach: number): Int32Array => {
  const runs = new Int32Array((spans.edges.length / 2) * runInts);
  for (let row = 0, at = 0; row < spans.rows; row++) {
    const y = spans.top + row;
    for (let span = spans.starts[row]!; span < spans.starts[row + 1]!; span++, at += runInts) {
      const x = spans.edges[span * 2]!;
      const first = locate(stored, bases, x, y);
      runs[at] = first;
      runs[at + 1] = spans.edges[span * 2 + 1]! - x;
      for (let dy = 1; dy <= reach; dy++) {
        runs[at + 4 - dy] = locate(stored, bases, x, y - dy) - first;
        runs[at + 3 + dy] = locate(stored, bases, x, y + dy) - first;
      }
      runs[at + 6] = x;
      runs[at + 7] = y;
    }
  }
  return runs;
};

/** @param trimap one byte per pixel; those equal to `unknown` are the unknown pixels */
export const toBand = (trimap: Uint8Array, width: number, height: number, unknown: number): Band => {
  const spans = spansOf(trimap, width, height, unknown);
  const stored = widen(spans, 2, margin - 1, 2);
  const { bases, samples } = number(stored);
  return {
    samples,
    stored,
    bases,
    runs: toRuns(closeGaps(spans, 3), stored, bases, 2),
    centres: toRuns(inside(widen(spans, 1, 1, 1), width, height), stored, bases, 1),
  };
};

/** Visits each stretch of stored pixels inside the picture: `length` pixels from `pixel` on. */
export const eachStored = (
  { stored, bases }: Band,
  width: number,
  height: number,
  visit: (sample: number, pixel: number, length: number) => void,
): void => {
  for (let y = 0; y < height; y++) {
    const row = y - stored.top;
    for (let span = stored.starts[row]!; span < stored.starts[row + 1]!; span++) {
      const left = stored.edges[span * 2]!;
      const from = Math.max(0, left);
      const to = Math.min(width, stored.edges[span * 2 + 1]!);
      if (from < to) visit(bases[span]! + from - left, y * width + from, to - from);
    }
  }
};
