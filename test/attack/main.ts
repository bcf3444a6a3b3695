import { reasonOf } from '#errors';
import setUp from '#test/global-setup';
import { attacks } from './attacks/index.js';
import type { Figure } from './attack.js';
import { isMet, runAttack } from './run-attack.js';

const [wanted] = process.argv.slice(process.argv[2] === 'attack' ? 3 : 2);
const chosen = Object.entries(attacks).filter(([name]) => wanted === undefined || name.startsWith(wanted));

const print = (line: string) => process.stdout.write(`${line}\n`);
const cells = (...texts: readonly string[]) => print(`| ${texts.join(' | ')} |`);

const report = (name: string, before: string, figure: Figure) => {
  const { what, value, unit, max } = figure;
  const amount = Number.isNaN(value) ? 'not known' : `${Math.round(value)}`;
  cells(name, before, what, `${amount} ${unit}`, `${max} ${unit}`, isMet(figure) ? 'met' : 'MISSED');
  if (!isMet(figure)) process.exitCode = 1;
};

if (chosen.length === 0)
  throw new Error(`There is no attack ${wanted}: name one of ${Object.keys(attacks).join(', ')}.`);

await setUp();
cells('attack', 'without limits', 'figure', 'now', 'limit', '');
cells('---', '---', '---', '---', '---', '---');
for (const [name, attack] of chosen) {
  try {
    // What it did before stands in its first row.
    const figures = await runAttack(attack, false);
    figures.forEach((figure, i) => report(name, i === 0 ? attack.before : '', figure));
  } catch (error) {
    cells(name, attack.before, reasonOf(error), 'failed', '', 'MISSED');
    process.exitCode = 1;
  }
}
await globalThis.stopTestPostgres();
