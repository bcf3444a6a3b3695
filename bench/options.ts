import { parseArgs } from 'node:util';

const toCount = (name: string, text: string): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--${name} takes a whole number of at least 1, not ${text}`);
};

/** Reads options such as `--rounds 3`. @throws Error that names the invalid option */
export const readCounts = <N extends string>(
  args: readonly string[],
  defaults: Readonly<Record<N, number>>,
): Record<N, number> => {
  const names = Object.keys(defaults) as N[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...args], options });

  const counts: Record<N, number> = { ...defaults };
  for (const name of names) {
    const text = values[name];
    if (typeof text === 'string') counts[name] = toCount(name, text);
  }
  return counts;
};
