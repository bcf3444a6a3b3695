/**
 * Compares the tables of docs/compatibility.md and docs/doors.md with the results of the client tests. A full run fails
 * when they differ; `npm run docs:compatibility` rewrites the tables. `npm run check:cases` runs no test and compares
 * the names of the cases alone.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const begin = '<!-- begin of the table -->';
const end = '<!-- end of the table -->';
/** Each test of these specs is a row in the table of the page. */
const tables = [
  { page: 'docs/compatibility.md', specs: /\/test\/(clients\/[^/]+|wire-[^/]+)\.spec\.js$/ },
  { page: 'docs/doors.md', specs: /\/test\/doors\/[^/]+\.spec\.js$/ },
];

const comparesNames = process.env.COMPATIBILITY === 'names';

const toCase = ({ ancestorTitles: [client = '', ...groups], title, status }) => ({
  client,
  name: [...groups, title].join(': '),
  result: comparesNames || status === 'passed' ? 'works' : 'not run',
});

/** Pads the cells like prettier. */
const toTable = (rows) => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
};

const escape = (text) => text.replaceAll('|', '\\|');

const render = (cases) =>
  toTable([
    ['client', 'case', 'result'],
    ...cases.map(({ client, name, result }) => [escape(client), escape(name), result]),
  ]);

/** Replaces the table of the page. */
const withTable = (page, text, table) => {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has lost the marks around its table`);
  return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
};

/** The rows that only one of the two pages has; a table whose widths changed differs by its words alone. */
const differences = (text, wanted) => {
  const [old, now] = [text, wanted].map((page) =>
    page.split('\n').map((line) => line.replace(/ {2,}/g, ' ')),
  );
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
};

const allSpecs = (dist, specs) =>
  readdirSync(join(dist, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(dist, 'test', name))
    .filter((path) => specs.test(path.replaceAll('\\', '/')));

export default class CompatibilityReporter {
  #dist;
  #isWhole;
  #faults = [];

  constructor({ rootDir, testPathPatterns, testNamePattern }) {
    this.#dist = rootDir;
    this.#isWhole = testPathPatterns.patterns.length === 0 && !testNamePattern;
  }

  onRunComplete(_, { testResults }) {
    for (const table of tables) this.#look(table, testResults);
  }

  #look({ page, specs }, testResults) {
    const files = testResults
      .filter(({ testFilePath }) => specs.test(testFilePath.replaceAll('\\', '/')))
      .sort((a, b) => (a.testFilePath < b.testFilePath ? -1 : 1));
    if (files.length === 0) return;

    const cases = files.flatMap((file) => file.testResults.map(toCase));
    const gap = this.#gapIn(files, cases, specs);
    if (gap) this.#tell(`${page} is left as it is and not compared: ${gap}.`, comparesNames);
    else this.#compare(page, render(cases));
  }

  #compare(page, table) {
    const text = readFileSync(page, 'utf8');
    const wanted = withTable(page, text, table);
    if (text === wanted) return;
    if (process.env.COMPATIBILITY === 'write') {
      writeFileSync(page, wanted);
      say(`${page} was rewritten.`);
      return;
    }
    const fault = `${page} differs from the results of this run. Rewrite it by: npm run docs:compatibility`;
    this.#tell([fault, ...differences(text, wanted)].join('\n'), this.#isWhole || comparesNames);
  }

  #tell(text, isFault) {
    if (isFault) this.#faults.push(text);
    say(text);
  }

  /** Why the run does not cover every case. */
  #gapIn(files, cases, specs) {
    const broken = files.some(({ testExecError, failureMessage }) => testExecError ?? failureMessage);
    if (broken) return 'tests of clients failed';
    const missing = cases.find(({ result }) => result !== 'works');
    if (missing) return `cases were skipped, such as those of ${missing.client}`;
    return files.length < allSpecs(this.#dist, specs).length ? 'not every client was tested' : undefined;
  }

  getLastError() {
    return this.#faults.length > 0 ? new Error(this.#faults.join('\n')) : undefined;
  }
}

const say = (text) => process.stderr.write(`\n*** ${text} ***\n`);
