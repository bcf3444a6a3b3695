import type { Cost, Counters, CpuMs } from './counters.js';
import type { Way } from './traffic.js';

/** What a task costs, by the way in which it comes. */
export type Costs = Readonly<Record<Way, Cost>>;
type Made = readonly (readonly [Way, number])[];

/** Gateway and worker read pixels. The others are taken from tiny images, as docs/capacity.md says. */
const ofPixels = new Set(['gateway', 'worker']);

/** @returns what a planner takes from the rows of large and of tiny images */
export const joined = (large: Costs, tiny: Costs): Costs => {
  const join = (way: Way): Cost => {
    const names = Object.keys(large[way].cpuMs);
    const rows = names.map((name) => [name, (ofPixels.has(name) ? large : tiny)[way].cpuMs[name]]);
    return { ...large[way], cpuMs: Object.fromEntries(rows) as CpuMs };
  };
  return { inline: join('inline'), url: join('url') };
};

/** CPU milliseconds of so many tasks, by program. */
export const expectedMs = (costs: Costs, made: Made): CpuMs => {
  const names = Object.keys(costs.inline.cpuMs);
  const of = (name: string) =>
    made.reduce((sum, [way, tasks]) => sum + tasks * (costs[way].cpuMs[name] ?? NaN), 0);
  return Object.fromEntries(names.map((name) => [name, of(name)]));
};

type Checked = {
  readonly from: Counters;
  readonly to: Counters;
  readonly ms: number;
  readonly made: Made;
  readonly expected: CpuMs;
};

/** Cores by the formula beside those that were used. */
export const printCheck = (
  print: (line: string) => void,
  { from, to, ms, made, expected }: Checked,
): void => {
  const tasks = made.map(([way, count]) => `${((count * 1000) / ms).toFixed(1)}/s ${way}`);
  print(`\nCores by the formula, and those that a run of both ways at once used (${tasks.join(', ')}):`);
  print('| program | formula | used | formula ÷ used |\n| --- | --- | --- | --- |');
  const rows = Object.entries(expected).flatMap(([name, foretold = NaN]) => {
    const used = (to.cpuMs[name] ?? NaN) - (from.cpuMs[name] ?? NaN);
    return Number.isNaN(used) ? [] : [{ name, foretold, used }];
  });
  const sum = (of: 'foretold' | 'used') => rows.reduce((total, row) => total + row[of], 0);
  for (const row of [...rows, { name: 'all', foretold: sum('foretold'), used: sum('used') }]) {
    const [foretold, used] = [row.foretold / ms, row.used / ms].map((cores) => cores.toFixed(3));
    print(`| ${row.name} | ${foretold} | ${used} | ${(row.foretold / row.used).toFixed(2)} |`);
  }
};
