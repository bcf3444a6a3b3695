/** Two digits, which is more than the figures are good for. */
const rounded = (value: number) => Number(value.toPrecision(2));

/** `12,000`, or `0.34`. */
export const number = (value: number): string => rounded(value).toLocaleString('en-US');

/** Whole things, such as GPUs: no digit is lost where it decides what to buy. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** Ticks of the clock are counted in tens of milliseconds, so that little of something may look like nothing. */
export const ms = (value: number): string => (value < 0.01 ? '< 0.01' : number(value));

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `3.1 MB`, in powers of ten. */
export const bytes = (value: number): string => {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const scaled = rounded(value / 1000 ** power);
  // Rounding may reach the next unit.
  return scaled < 1000 ? `${scaled} ${units[power]}` : `1 ${units[power + 1]}`;
};

export type Row = readonly (string | number)[];

/** A table, with a blank line behind it. */
export const table = (head: Row, rows: readonly Row[]): string[] => {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
};
