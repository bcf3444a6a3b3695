import { closeGaps, inside, type Spans, spansOf, widen } from './spans.js';

/** i32 for each run: first sample, samples, distance to row -2, -1, +1, +2, column, row. */
export const runInts = 8;

/**
 * The unknown pixels of a trimap and those near them, numbered row by row without the rest. A run is a stretch of
 * unknown pixels of one row (gaps of up to three pixels count as unknown and are zero), along which the rows above
 * and below are the same number of samples away.
 */
export type Band = {
  readonly samples: number;
  /** All that is numbered; `bases` says which number the first pixel of each span has. */
  readonly stored: Spans;
  readonly bases: Int32Array;
  /** The unknown pixels. */
  readonly runs: Int32Array;
  /** The pixels around which a window of 3 × 3 holds an unknown one. */
  readonly centres: Int32Array;
};

/** Vectors of four are read from up to two samples before and five behind a run. */
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

/** The number of a pixel that is stored. */
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

/** @param trimap one byte for each pixel, of which those equal to `unknown` count */
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

/** Calls for each stretch of stored pixels that lies inside the picture: its pixels begin at `pixel`. */
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
