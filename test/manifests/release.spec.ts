import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readYaml } from '../support/manifests.js';

type Step = {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
};
type Job = {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly strategy?: {
    readonly matrix: {
      readonly target: readonly string[];
      readonly include?: readonly { readonly target: string }[];
    };
  };
};
type Workflow = {
  readonly on: { readonly push: { readonly tags: readonly string[] } };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<'gate' | 'packages' | 'images' | 'tags' | 'chart' | 'notes', Job>>;
};
type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};

const path = '.github/workflows/release.yml';
const { on, permissions, jobs } = readYaml(path) as Workflow;
const text = readFileSync(path, 'utf8');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const client = JSON.parse(readFileSync('libs/client/package.json', 'utf8')) as Manifest;
const compose = readYaml('docker-compose.yml') as {
  readonly services: Readonly<
    Record<string, { readonly image: string; readonly build?: { target: string } }>
  >;
};
const release = readYaml('k8s/components/release/kustomization.yaml') as {
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
};

const steps = Object.values(jobs).flatMap((job) => job.steps);
const targetsOf = ({ strategy }: Job): string[] =>
  [
    ...(strategy?.matrix.target ?? []),
    ...(strategy?.matrix.include ?? []).map(({ target }) => target),
  ].sort();

describe('the release workflow', () => {
  it('runs for tags of versions only, and gates everything by the tests', () => {
    expect(Object.keys(on)).toEqual(['push']);
    expect(on.push).toEqual({ tags: ['v[0-9]+.[0-9]+.[0-9]+*'] });
    expect(jobs.gate.steps.map(({ run }) => run)).toContain('bash .ci/run');
    for (const [name, job] of Object.entries(jobs))
      if (name !== 'gate') expect(JSON.stringify(job)).toContain('gate');
  });

  it('gives each job no more rights than it needs', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.entries(jobs).map(([name, job]) => [name, job.permissions])).toEqual([
      ['gate', undefined],
      ['packages', { contents: 'read', 'id-token': 'write' }],
      ['images', { contents: 'read' }],
      ['tags', { contents: 'read', 'id-token': 'write', attestations: 'write' }],
      ['chart', { contents: 'read', 'id-token': 'write', attestations: 'write' }],
      ['notes', { contents: 'write' }],
    ]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const { with: options } of checkouts) expect(options).toEqual({ 'persist-credentials': false });
  });

  it('pins each action, and puts no value of an event into a script', () => {
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
    for (const { run } of steps) if (run) expect(run).not.toContain('${{');
  });

  it('builds, tags and attests the images that Compose and Kubernetes name', () => {
    const built = targetsOf(jobs.images);
    expect(targetsOf(jobs.tags)).toEqual(built);
    const ours = Object.values(compose.services).flatMap(({ build }) => build?.target ?? []);
    // A small site runs one image, without Compose.
    expect(built).toEqual([...new Set([...ours, 'all-in-one'])].sort());
    const inFleet = built.filter((target) => target !== 'all-in-one');
    expect([...inFleet, 'weights'].map((target) => `clearcut/${target}`).sort()).toEqual(
      release.images.map(({ name }) => name).sort(),
    );
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    for (const target of built) expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${target}$`, 'm'));
    // The name is that of docker-compose.yml.
    expect(text).toContain("REGISTRY: ${{ vars.CLEARCUT_REGISTRY || 'clearcut' }}");
    expect(compose.services['gateway']?.image).toMatch(/^\$\{CLEARCUT_REGISTRY:-clearcut\}\/gateway:/);
    const build = steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'));
    expect(build?.with).toMatchObject({ sbom: true, provenance: 'mode=max' });
    expect(text).toContain('actions/attest-build-provenance@');
  });

  it('packs with scripts that exist, and publishes with provenance', () => {
    const runs = jobs.packages.steps.flatMap(({ run }) => run ?? []);
    const scripts = runs.flatMap((run) => /^npm run (?:--silent )?([\w:]+)/.exec(run)?.[1] ?? []);
    expect(scripts).toEqual(['build', 'client:pack', 'cli:pack', 'sbom']);
    for (const script of scripts) expect(manifest.scripts).toHaveProperty([script]);
    for (const [tool] of text.matchAll(/tools\/[\w-]+\.mjs/g)) expect(existsSync(tool)).toBe(true);
    expect(runs.join('\n')).toContain('npm publish --provenance --access public');
    expect([manifest.name, client.name]).toEqual(['clearcut', '@clearcut/client']);
  });
});

describe('the chart of a release', () => {
  const { chart, tags } = jobs;

  it('is linted, pushed, attested and signed after the images that it names', () => {
    expect(JSON.stringify(chart)).toContain('"needs":["gate","tags"]');
    const runs = chart.steps.flatMap(({ run }) => run ?? []).join('\n');
    expect(runs).toMatch(/helm lint --strict k8s\n.*helm package k8s .*\n.*helm push /);
    for (const job of [chart, tags]) {
      expect(JSON.stringify(job)).toContain('actions/attest-build-provenance@');
      expect(JSON.stringify(job)).toContain('cosign sign --yes');
    }
  });
});

describe('the version of a release', () => {
  const check = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['tools/release-version.mjs', ...args], { encoding: 'utf8' });

  it('is the same in every file that names one', () => {
    expect(client.version).toBe(manifest.version);
    const { status, stdout, stderr } = check(`v${manifest.version}`);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: `version=${manifest.version}\n`,
      stderr: '',
    });
  });

  it('is refused with every file that names another', () => {
    const { status, stderr } = check('v99.0.0');
    expect(status).toBe(1);
    for (const name of [
      'package.json',
      'Dockerfile',
      'docker-compose.yml',
      'kustomization.yaml',
      'CHANGELOG.md',
    ])
      expect(stderr).toContain(name);
  });

  it('has notes in the changelog', () => {
    const notes = execFileSync(
      process.execPath,
      ['tools/release-version.mjs', `v${manifest.version}`, '--notes'],
      {
        encoding: 'utf8',
      },
    );
    expect(notes).toMatch(/^### /);
    expect(notes).not.toContain('## [');
  });
});
