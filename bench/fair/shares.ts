/**
 * The max-min fair shares of a total: nobody gets more than it asks for, and what it leaves is shared by the others
 * (Bertsekas, Gallager: Data Networks, 6.5.2).
 * @param loads what each asks for
 */
export const fairShares = (loads: readonly number[], total: number): number[] => {
  const shares = loads.map(() => 0);
  const order = loads.map((_, i) => i).sort((a, b) => (loads[a] ?? 0) - (loads[b] ?? 0));
  let left = total;
  order.forEach((i, done) => {
    const share = Math.min(loads[i] ?? 0, left / (order.length - done));
    shares[i] = share;
    left -= share;
  });
  return shares;
};

/** Jain's index of what each got for its fair share: 1 if all got the same part, 1 / n if one got all. */
export const jainIndex = (got: readonly number[], fair: readonly number[]): number => {
  const parts = got.map((count, i) => count / (fair[i] ?? NaN));
  const sum = parts.reduce((total, part) => total + part, 0);
  const squares = parts.reduce((total, part) => total + part * part, 0);
  return (sum * sum) / (parts.length * squares);
};
