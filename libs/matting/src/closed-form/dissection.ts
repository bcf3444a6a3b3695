/** As many points or fewer are not divided further. */
const fewest = 6;

/** The best coordinate to cut at: near the middle, with the fewest points on it. */
const cut = (points: Int32Array, along: Int32Array, low: number, high: number): number => {
  const counts = new Int32Array(high - low + 1);
  for (let i = 0; i < points.length; i++) counts[along[points[i]!]! - low]!++;

  let best = -1;
  let least = Infinity;
  for (let at = 0, before = 0; at < counts.length; before += counts[at]!, at++) {
    const share = (before + counts[at]! / 2) / points.length;
    if (share < 0.25 || share > 0.75 || counts[at]! >= least) continue;
    least = counts[at]!;
    best = at;
  }
  return best < 0 ? -1 : low + best;
};

const extent = (points: Int32Array, along: Int32Array): [number, number] => {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < points.length; i++) {
    const at = along[points[i]!]!;
    if (at < low) low = at;
    if (at > high) high = at;
  }
  return [low, high];
};

/** Sorts the points in place: those below the cut, those above, those on it. Returns where the second and third begin. */
const partition = (points: Int32Array, along: Int32Array, cutAt: number): [number, number] => {
  const all = points.slice();
  let below = 0;
  let above = 0;
  for (let i = 0; i < all.length; i++) {
    if (along[all[i]!]! < cutAt) below++;
    else if (along[all[i]!]! > cutAt) above++;
  }
  const next = [0, below, below + above];
  for (let i = 0; i < all.length; i++) {
    const side = along[all[i]!]! - cutAt;
    points[next[side < 0 ? 0 : side > 0 ? 1 : 2]!++] = all[i]!;
  }
  return [below, below + above];
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
  const divide = (points: Int32Array): void => {
    if (points.length <= fewest) return;
    const acrossColumns = extent(points, columns);
    const acrossRows = extent(points, rows);
    const wide = acrossColumns[1] - acrossColumns[0] >= acrossRows[1] - acrossRows[0];
    const along = wide ? columns : rows;
    const [low, high] = wide ? acrossColumns : acrossRows;
    const at = high - low < 2 ? -1 : cut(points, along, low, high);
    if (at < 0) return;

    const [second, third] = partition(points, along, at);
    divide(points.subarray(0, second));
    divide(points.subarray(second, third));
  };

  const order = Int32Array.from(columns.keys());
  divide(order);
  return order;
};
