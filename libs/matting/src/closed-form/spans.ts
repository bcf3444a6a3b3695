/**
 * A set of pixels as spans: the stretches of each row, ascending and apart from each other. Rows and columns may lie
 * outside the picture.
 */
export type Spans = {
  /** The first row, and the number of rows. */
  readonly top: number;
  readonly rows: number;
  /** The first span of each row, and the end of the last. */
  readonly starts: Int32Array;
  /** The first column and the end column of each span. */
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

/** The pixels of the given value. */
export const spansOf = (data: Uint8Array, width: number, height: number, value: number): Spans => {
  const rows: Row[] = [];
  let at = data.indexOf(value);
  for (let y = 0; y < height; y++) {
    const row: number[] = [];
    const begin = y * width;
    const end = begin + width;
    while (at >= 0 && at < end) {
      const from = at;
      while (at < end && data[at] === value) at++;
      row.push(from - begin, at - begin);
      at = data.indexOf(value, at);
    }
    rows.push(row);
  }
  return toSpans(0, rows);
};

/** Appends a span, or joins it to the last one where they overlap or touch. */
const append = (row: number[], from: number, to: number): void => {
  const last = row.length - 1;
  if (last < 0 || from > row[last]!) row.push(from, to);
  else if (to > row[last]!) row[last] = to;
};

const unite = (one: Row, other: Row): Row => {
  if (other.length === 0) return one;
  const united: number[] = [];
  for (let i = 0, k = 0; i < one.length || k < other.length;) {
    if (k === other.length || one[i]! <= other[k]!) {
      append(united, one[i]!, one[i + 1]!);
      i += 2;
    } else {
      append(united, other[k]!, other[k + 1]!);
      k += 2;
    }
  }
  return united;
};

/** The spans of a row, each longer by `left` and `right`. */
const widenRow = ({ starts, edges }: Spans, y: number, left: number, right: number): Row => {
  const row: number[] = [];
  for (let edge = starts[y]! * 2; edge < starts[y + 1]! * 2; edge += 2)
    append(row, edges[edge]! - left, edges[edge + 1]! + right);
  return row;
};

/** Extends every span by `left`, `right` and by `rows` up and down. */
export const widen = (spans: Spans, left: number, right: number, rows: number): Spans => {
  const wide = Array.from({ length: spans.rows }, (_, y) => widenRow(spans, y, left, right));
  const widened = Array.from({ length: spans.rows + 2 * rows }, (_, y) =>
    wide.slice(Math.max(0, y - 2 * rows), y + 1).reduce(unite),
  );
  return toSpans(spans.top - rows, widened);
};

/** Joins spans with gaps of up to `pixels` between them. */
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

/** Keeps the pixels that lie at least one pixel inside the picture. */
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
