import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

type Locked = {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>;
};

/** The entry that Node finds from a package; undefined when the lock file lacks it. */
const find = (from: string, name: string): Locked | undefined => {
  const nested = packages[`${from}/node_modules/${name}`];
  if (nested || from === '') return nested ?? packages[`node_modules/${name}`];
  return find(from.slice(0, Math.max(from.lastIndexOf('/node_modules/'), 0)), name);
};

const optional = Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies).map((name) => ({ parent, name, locked: find(parent, name) })),
);

const targets = [
  { os: 'linux', cpu: 'x64', libc: 'glibc' },
  { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { os: 'darwin', cpu: 'arm64', libc: undefined },
] as const;

type Target = (typeof targets)[number];

const fits = ({ os, cpu, libc }: Locked, target: Target): boolean =>
  os?.includes(target.os) === true &&
  (cpu?.includes(target.cpu) ?? true) &&
  (libc === undefined || (target.libc !== undefined && libc.includes(target.libc)));

it('the lock file has every optional package that its packages name', () => {
  // npm drops what the registry does not answer, without a word, and `npm ci` fails on other machines then.
  expect(optional.filter(({ locked }) => !locked).map(({ parent, name }) => `${parent}: ${name}`)).toEqual(
    [],
  );
});

it.each(targets)('each native package has a build for $os-$cpu in the lock file', (target) => {
  const native = optional.filter(({ locked }) => locked?.os);
  const membersOf = (family: string) => native.filter(({ parent }) => parent === family);
  // A package for one system, such as a watcher of macOS, is no family.
  const families = [...new Set(native.map(({ parent }) => parent))].filter(
    (family) => membersOf(family).length > 1,
  );
  expect(families).toContain('node_modules/sharp');
  expect(
    families.filter((family) => !membersOf(family).some(({ locked }) => fits(locked ?? {}, target))),
  ).toEqual([]);
});
