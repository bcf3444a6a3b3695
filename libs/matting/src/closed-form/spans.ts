/**
 * Sets of pixels as the stretches that each row has of them, in ascending order and apart from each other. Rows and
 * columns may lie outside the picture.
 */
export type Spans = {
  /** The first row, and how many there are. */
  readonly top: number;
  readonly rows: number;
  /** Where the spans of a row begin in `edges`, counted in spans; one more than there are rows. */
  readonly starts: Int32Array;
  /** First column and the one past the last, for each span. */
  readonly edges: Int32Array;
};

type Row = readonly number[];

const toSpans = (top: number, rows: readonly Row[]): Spans => {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, y) => {
    starts[y + 1] = starts[y]! + row.length / 2;
  });
  const edges = new Int32Array(starts[rows.length]! * 2);
  rows.forEach((row, y) => edges.set(row, starts[y]! * 2));
  return { top, rows: rows.length, starts, edges };
};

/** The pixels of a plane of bytes that have the given value. */
export const spansOf = (data: Uint8Array, width: number, height: number, value: number): Spans => {
  const rows: Row[] = [];
  for (let y = 0; y < height; y++) {
    const row: number[] = [];
    const begin = y * width;
    const end = begin + width;
    for (let at = data.indexOf(value, begin); at >= 0 && at < end;) {
      const from = at;
      while (at < end && data[at] === value) at++;
      row.push(from - begin, at - begin);
      at = data.indexOf(value, at);
    }
    rows.push(row);
  }
  return toSpans(0, rows);
};

/** Sorts by the first column and joins what overlaps or touches. */
const join = (row: number[][]): Row => {
  row.sort((a, b) => a[0]! - b[0]!);
  const joined: number[] = [];
  for (const [from = 0, to = 0] of row) {
    const last = joined.length - 1;
    if (last < 0 || from > joined[last]!) joined.push(from, to);
    else if (to > joined[last]!) joined[last] = to;
  }
  return joined;
};

/** Every span longer by `left` and `right`, and carried up and down by `rows`. */
export const widen = (spans: Spans, left: number, right: number, rows: number): Spans => {
  const { top, starts, edges } = spans;
  const widened: Row[] = [];
  for (let y = -rows; y < spans.rows + rows; y++) {
    const row: number[][] = [];
    const end = starts[Math.min(spans.rows, y + rows + 1)]!;
    for (let span = starts[Math.max(0, y - rows)]!; span < end; span++) {
      row.push([edges[span * 2]! - left, edges[span * 2 + 1]! + right]);
    }
    widened.push(join(row));
  }
  return toSpans(top - rows, widened);
};

/** Every span with the gaps of up to `pixels` to the next one closed. */
export const closeGaps = (spans: Spans, pixels: number): Spans => {
  const rows: Row[] = [];
  for (let y = 0; y < spans.rows; y++) {
    const row: number[] = [];
    for (let edge = spans.starts[y]! * 2; edge < spans.starts[y + 1]! * 2; edge += 2) {
      const near = row.length > 0 && spans.edges[edge]! - row.at(-1)! <= pixels;
      if (near) row[row.length - 1] = spans.edges[edge + 1]!;
      else row.push(spans.edges[edge]!, spans.edges[edge + 1]!);
    }
    rows.push(row);
  }
  return toSpans(spans.top, rows);
};

/** What lies at least a pixel inside the picture. */
export const inside = (spans: Spans, width: number, height: number): Spans => {
  const rows: Row[] = [];
  for (let y = 1; y < height - 1; y++) {
    const row: number[] = [];
    const at = y - spans.top;
    for (let edge = spans.starts[at]! * 2; edge < spans.starts[at + 1]! * 2; edge += 2) {
      const from = Math.max(1, spans.edges[edge]!);
      const to = Math.min(width - 1, spans.edges[edge + 1]!);
      if (from < to) row.push(from, to);
    }
    rows.push(row);
  }
  return toSpans(1, rows);
};
