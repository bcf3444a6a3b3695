/** As many points or fewer are not divided further. */
const fewest = 3;
/** The least part of the points before a cut, and behind it. */
const leastShare = 0.2;
/** How much an uneven cut counts as longer: by this times the square of the distance from the middle. */
const unevenness = 6;

/** Points in the order of elimination so far, with the column and the row of each. */
type Points = { readonly ids: Int32Array; readonly columns: Int32Array; readonly rows: Int32Array };

type Cut = { readonly along: 'columns' | 'rows'; readonly at: number; readonly length: number };

const none: Cut = { along: 'columns', at: 0, length: Infinity };

/** The best coordinate to cut the points from `from` to `end` at: few points on it, and not far from the middle. */
const cutAlong = (points: Points, along: Cut['along'], from: number, end: number): Cut => {
  const values = points[along];
  let low = values[from]!;
  let high = low;
  for (let i = from + 1; i < end; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  if (high - low < 2) return none;

  const counts = new Int32Array(high - low + 1);
  for (let i = from; i < end; i++) counts[values[i]! - low]!++;
  let best = 0;
  let length = Infinity;
  for (let at = 0, before = 0; at < counts.length; at++) {
    const count = counts[at]!;
    const share = (before + count / 2) / (end - from);
    before += count;
    if (share < leastShare || share > 1 - leastShare) continue;
    const weighed = count * (1 + unevenness * (share - 0.5) ** 2);
    if (weighed >= length) continue;
    length = weighed;
    best = low + at;
  }
  return { along, at: best, length };
};

/** Moves the points below the cut before those above, and those on it behind. Returns where the second and third begin. */
const partition = (points: Points, { along, at }: Cut, from: number, end: number): [number, number] => {
  const ids = points.ids.slice(from, end);
  const columns = points.columns.slice(from, end);
  const rows = points.rows.slice(from, end);
  const values = along === 'columns' ? columns : rows;
  let below = 0;
  let above = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < at) below++;
    else if (values[i]! > at) above++;
  }
  const second = from + below;
  const third = second + above;
  let [nextBelow, nextAbove, nextOn] = [from, second, third];
  for (let i = 0; i < ids.length; i++) {
    const value = values[i]!;
    const to = value < at ? nextBelow++ : value > at ? nextAbove++ : nextOn++;
    points.ids[to] = ids[i]!;
    points.columns[to] = columns[i]!;
    points.rows[to] = rows[i]!;
  }
  return [second, third];
};

const divide = (points: Points, from: number, end: number): void => {
  if (end - from <= fewest) return;
  const wide = cutAlong(points, 'columns', from, end);
  const high = cutAlong(points, 'rows', from, end);
  const best = wide.length <= high.length ? wide : high;
  if (best.length === Infinity) return;

  const [second, third] = partition(points, best, from, end);
  divide(points, from, second);
  divide(points, second, third);
};

/**
 * Orders the points of a grid so that their elimination fills in little: the two sides of a cut come before the points
 * on it, and each side is divided in the same way. A point is connected to the eight around it.
 *
 * Source: George, Nested dissection of a regular finite element mesh, 1973.
 *
 * @returns the points in the order of elimination
 */
export const dissect = (columns: Int32Array, rows: Int32Array): Int32Array => {
  const ids = Int32Array.from(columns.keys());
  divide({ ids, columns: columns.slice(), rows: rows.slice() }, 0, ids.length);
  return ids;
};
