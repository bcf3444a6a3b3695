/** The blocks of a Cholesky factor, column after column, each with its diagonal first. */
export type Columns = {
  /** The first block of each column, and the end of the last. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
};

const grow = (rows: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(rows.length * 2);
  larger.set(rows);
  return larger;
};

/** Sorts a stretch of rows; most are short. */
const sortRows = (rows: Int32Array, from: number, to: number): void => {
  if (to - from > 48) {
    rows.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const row = rows[i]!;
    let at = i;
    for (; at > from && rows[at - 1]! > row; at--) rows[at] = rows[at - 1]!;
    rows[at] = row;
  }
};

/** Limits of a factor: its blocks, and the products of two blocks that make it up. */
export type Limits = { readonly blocks: number; readonly products: number };

/**
 * The blocks that elimination fills, column by column: those of its neighbours, and those of every column whose first
 * block below the diagonal is in its row. Undefined when there are too many.
 *
 * @param neighbours `perColumn` numbers for each column, in any order; negative ones are ignored
 */
export const fillColumns = (
  count: number,
  neighbours: Int32Array,
  perColumn: number,
  limits: Limits,
): Columns | undefined => {
  const starts = new Int32Array(count + 1);
  const seen = new Int32Array(count).fill(-1);
  // The children of each column as a linked list.
  const firstChild = new Int32Array(count).fill(-1);
  const sibling = new Int32Array(count).fill(-1);
  let rows = new Int32Array(Math.max(64, count * 32));
  let end = 0;
  let products = 0;

  const take = (row: number, column: number): void => {
    if (row <= column || seen[row] === column) return;
    seen[row] = column;
    rows[end++] = row;
  };
  for (let column = 0; column < count; column++) {
    const first = end;
    while (end + count - column > rows.length) rows = grow(rows);
    rows[end++] = column;
    for (let k = 0; k < perColumn; k++) take(neighbours[column * perColumn + k]!, column);
    for (let child = firstChild[column]!; child >= 0; child = sibling[child]!) {
      for (let block = starts[child]! + 1; block < starts[child + 1]!; block++) take(rows[block]!, column);
    }
    sortRows(rows, first + 1, end);
    starts[column + 1] = end;
    products += (end - first) ** 2 / 2;
    if (products > limits.products || end > limits.blocks) return undefined;
    if (end === first + 1) continue;
    const parent = rows[first + 1]!;
    sibling[column] = firstChild[parent]!;
    firstChild[parent] = column;
  }
  return { starts, rows: rows.subarray(0, end) };
};

/** The index of a block. Throws RangeError when it does not exist. */
export const blockAt = ({ starts, rows }: Columns, row: number, column: number): number => {
  let low = starts[column]!;
  let high = starts[column + 1]! - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]! < row) low = middle + 1;
    else high = middle;
  }
  if (rows[low] !== row) throw new RangeError(`column ${column} has no block in row ${row}`);
  return low;
};
