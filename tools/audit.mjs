/**
 * Asks the package registry for known weaknesses of the packages that the product needs at run time. Fails for those of
 * severity high or critical, unless tools/advisories.json excepts them. Without an answer nothing is checked, which is said
 * aloud and fails only with --required.
 *
 *   node tools/audit.mjs [--required] [--exceptions FILE]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const severe = new Set(['high', 'critical']);
const options = { required: { type: 'boolean' }, exceptions: { type: 'string' } };
const { values } = parseArgs({ options });

/** An exception must say why it is no danger here, and ends within this time. */
const LONGEST_DAYS = 180;
const dayMs = 24 * 60 * 60 * 1000;

const faultOf = ({ id, package: name, reason, until }) => {
  if (!/^GHSA(-[a-z0-9]{4}){3}$/.test(id)) return 'has no id such as GHSA-abcd-abcd-abcd';
  if (!name || !reason) return 'lacks package or reason';
  const endMs = Date.parse(`${until}T23:59:59Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(until) || Number.isNaN(endMs))
    return 'lacks a day in until, such as 2027-01-31';
  if (endMs < Date.now()) return `ended on ${until}: update the package, or look at it again`;
  return endMs > Date.now() + LONGEST_DAYS * dayMs ? `ends later than in ${LONGEST_DAYS} days` : undefined;
};

/** Prefers the npm that started us, since npm may not be on the PATH. */
const runNpm = (args) => {
  const script = process.env.npm_execpath;
  const isNpm = script && basename(script) === 'npm-cli.js';
  const [command, first] = isNpm ? [process.execPath, [script]] : ['npm', []];
  const shell = !isNpm && process.platform === 'win32';
  return spawnSync(command, [...first, ...args], {
    cwd: root,
    encoding: 'utf8',
    shell,
    maxBuffer: 2 ** 26,
    timeout: 120_000,
  });
};

/** npm prints an object without vulnerabilities when the registry does not answer. */
const ask = () => {
  const network = ['--fetch-retries=1', '--fetch-timeout=20000'];
  const { stdout, error } = runNpm(['audit', '--omit=dev', '--package-lock-only', '--json', ...network]);
  if (error) return { reason: error.message };
  try {
    const report = JSON.parse(stdout);
    return report.vulnerabilities ? { report } : { reason: report.message ?? report.error?.summary };
  } catch {
    return { reason: 'npm gave no answer' };
  }
};

/** Without the address, which may hold credentials. */
const withoutAddress = (text = 'no reason given') => text.replaceAll(/ ?(- \w+ |to )?https?:\/\/\S+/g, '');

/** A package that only needs another one names that instead of an advisory. */
const advisoriesIn = ({ vulnerabilities }) => {
  const all = Object.values(vulnerabilities).flatMap(({ via }) =>
    via.filter((each) => typeof each === 'object'),
  );
  const byKey = new Map(all.map((each) => [`${each.url} ${each.name}`, each]));
  return [...byKey.values()].map(({ url, name, title, severity, range }) => {
    return { id: basename(url), name, title, severity, range };
  });
};

const say = (line) => process.stderr.write(`${line}\n`);
const fail = (line) => {
  say(line);
  process.exitCode = 1;
};

const exceptions = JSON.parse(readFileSync(values.exceptions ?? join(root, 'tools/advisories.json'), 'utf8'));
for (const exception of exceptions) {
  const fault = faultOf(exception);
  if (fault) fail(`The exception ${exception.id} of tools/advisories.json ${fault}.`);
}

const { report, reason } = ask();
if (report) {
  const found = advisoriesIn(report).filter(({ severity }) => severe.has(severity));
  const isExcepted = ({ id, name }) => exceptions.some((each) => each.id === id && each.package === name);
  for (const { id, name, title, severity, range } of found.filter((each) => !isExcepted(each)))
    fail(`${severity}: ${name} ${range}: ${title} (${id})`);
  const isFound = ({ id, package: name }) => found.some((each) => each.id === id && each.name === name);
  for (const { id } of exceptions.filter((each) => !isFound(each)))
    say(`The exception ${id} of tools/advisories.json fits nothing any more: remove it.`);
  if (!process.exitCode) say(`No known weakness of severity high or critical (${found.length} excepted).`);
} else {
  const text = `*** The registry did not tell its advisories (${withoutAddress(reason)}): no package was checked. ***`;
  if (values.required) fail(text);
  else say(text);
}
