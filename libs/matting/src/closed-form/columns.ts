/** The blocks of a Cholesky factor, column after column, each with its diagonal first. */
export type Columns = {
  /** The first block of each column, and the end of the last. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
};

/**
 * The blocks that elimination fills, column by column.
 *
 * @param neighbours `perColumn` numbers for each column, in any order; negative ones are ignored
 */
export const fillColumns = (count: number, neighbours: Int32Array, perColumn: number): Columns => {
  const starts = new Int32Array(count + 1);
  const structures: Int32Array[] = [];
  const children: number[][] = Array.from({ length: count }, () => []);
  const seen = new Int32Array(count).fill(-1);

  for (let column = 0; column < count; column++) {
    const rows = [column];
    seen[column] = column;
    const take = (row: number) => {
      if (row <= column || seen[row] === column) return;
      seen[row] = column;
      rows.push(row);
    };
    for (let k = 0; k < perColumn; k++) take(neighbours[column * perColumn + k]!);
    for (const child of children[column]!) structures[child]!.forEach(take);
    const structure = Int32Array.from(rows).sort();
    if (structure.length > 1) children[structure[1]!]!.push(column);
    structures.push(structure);
    starts[column + 1] = starts[column]! + structure.length;
  }

  const rows = new Int32Array(starts[count]!);
  structures.forEach((structure, column) => rows.set(structure, starts[column]));
  return { starts, rows };
};

/** The index of a block. Throws RangeError when it does not exist. */
export const blockAt = ({ starts, rows }: Columns, row: number, column: number): number => {
  for (let block = starts[column]!; block < starts[column + 1]!; block++) {
    if (rows[block] === row) return block;
  }
  throw new RangeError(`column ${column} has no block in row ${row}`);
};
