import { findUsage, type UsageColumn, type UsageRow } from '#database';
import { print, readArguments, table, UsageError, type Command } from '../command.js';
import { requireName } from './key-name.js';
import type { World } from './key-options.js';

const usage = `Usage: npx clearcut keys usage [<name>] [options]

Sums up what ended removals came to, of one key or of all. It outlives the tasks. Failed ones cost nothing.

  --from DAY         the first day, such as 2027-01-01 (UTC)
  --to DAY           the last day
  --by LIST          the columns to sum up by, of day, key, model; all unless given
  --csv              comma-separated values
  --json             JSON
`;

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  by: { type: 'string' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const columns: readonly UsageColumn[] = ['day', 'key', 'model'];
const isColumn = (word: string): word is UsageColumn => (columns as readonly string[]).includes(word);

const readColumns = (text: string | undefined): readonly UsageColumn[] => {
  if (text === undefined) return columns;
  const words = [...new Set(text.split(',').map((word) => word.trim()))];
  const known = words.filter(isColumn);
  if (known.length < words.length)
    throw new UsageError('--by takes a comma list of day, key and model.', usage);
  return known;
};

const readDay = (option: string, text: string | undefined): string | undefined => {
  const isDay = (day: string) => /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(`${day}T00:00Z`));
  if (text === undefined || isDay(text)) return text;
  throw new UsageError(`--${option} takes a day such as 2027-01-31.`, usage);
};

const figures = ['TASKS', 'FAILED', 'COST USD', 'MEGAPIXELS'];

const cellsOf = (row: UsageRow, by: readonly UsageColumn[]): string[] => [
  ...by.map((column) => row[column] ?? ''),
  `${row.tasks}`,
  `${row.failed}`,
  row.costUsd.toFixed(6),
  row.megapixels.toFixed(3),
];

/** RFC 4180. A name may begin with @, which spreadsheets take for a formula. */
const csvCell = (text: string): string => {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

const toCsv = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');

export const showUsage: Command<World> = {
  usage,
  run: async ({ database }, args) => {
    const { values, positionals } = readArguments(args, options, usage);
    const [keyName, ...more] = positionals;
    if (more.length > 0) throw new UsageError('Name one key, or none for all.', usage);
    if (values.csv && values.json) throw new UsageError('Choose --csv or --json.', usage);
    if (keyName !== undefined) requireName(keyName, usage);

    const by = readColumns(values.by);
    const [from, to] = [readDay('from', values.from), readDay('to', values.to)];
    const rows = await findUsage(database, { by, from, to, keyName });
    if (values.json) return print(`${JSON.stringify(rows, undefined, 2)}\n`);
    const cells = rows.map((row) => cellsOf(row, by));
    if (values.csv) return print(toCsv([[...by, 'tasks', 'failed', 'cost_usd', 'megapixels'], ...cells]));
    print(table([[...by.map((column) => column.toUpperCase()), ...figures], ...cells]));
  },
};
