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
    low = Math.min(low, along[points[i]!]!);
    high = Math.max(high, along[points[i]!]!);
  }
  return [low, high];
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
  const order = new Int32Array(columns.length);
  let end = columns.length;

  const divide = (points: Int32Array): void => {
    const acrossColumns = extent(points, columns);
    const acrossRows = extent(points, rows);
    const wide = acrossColumns[1] - acrossColumns[0] >= acrossRows[1] - acrossRows[0];
    const along = wide ? columns : rows;
    const [low, high] = wide ? acrossColumns : acrossRows;
    const at = points.length <= fewest || high - low < 2 ? -1 : cut(points, along, low, high);

    const kept = at < 0 ? points : points.filter((point) => along[point] === at);
    end -= kept.length;
    order.set(kept, end);
    if (at < 0) return;
    for (const side of [1, -1]) {
      const part = points.filter((point) => Math.sign(along[point]! - at) === side);
      if (part.length > 0) divide(part);
    }
  };

  if (order.length > 0) divide(Int32Array.from(columns.keys()));
  return order;
};
