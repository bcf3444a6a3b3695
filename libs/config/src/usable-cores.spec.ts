import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cpuQuota, usableCores } from './usable-cores.js';

const roots: string[] = [];
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true, force: true })));

const rootWith = (files: Record<string, string>): string => {
  const root = mkdtempSync(join(tmpdir(), 'clearcut-cgroup-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
};

describe('cpuQuota', () => {
  const v2 = 'proc/self/cgroup';
  const v1Groups = '4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab';

  it.each<[string, Record<string, string>, number | undefined]>([
    [
      'reads version 2 in a container with its own namespace',
      { [v2]: '0::/', 'sys/fs/cgroup/cpu.max': '150000 100000' },
      1.5,
    ],
    [
      'finds no quota where version 2 says max',
      { [v2]: '0::/', 'sys/fs/cgroup/cpu.max': 'max 100000' },
      undefined,
    ],
    [
      'takes the smaller quota of a parent group',
      {
        [v2]: '0::/kubepods.slice/pod.slice/cri.scope',
        'sys/fs/cgroup/kubepods.slice/cpu.max': 'max 100000',
        'sys/fs/cgroup/kubepods.slice/pod.slice/cpu.max': '200000 100000',
        'sys/fs/cgroup/kubepods.slice/pod.slice/cri.scope/cpu.max': '400000 100000',
      },
      2,
    ],
    [
      'reads version 1 where the group of the host is mounted as root',
      {
        [v2]: v1Groups,
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000',
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
      },
      0.5,
    ],
    [
      'reads version 1 in a group of the host',
      {
        [v2]: '2:cpu:/batch\n1:memory:/other',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
        'sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us': '300000',
        'sys/fs/cgroup/cpu/batch/cpu.cfs_period_us': '100000',
        'sys/fs/cgroup/cpu/other/cpu.cfs_quota_us': '100000',
        'sys/fs/cgroup/cpu/other/cpu.cfs_period_us': '100000',
      },
      3,
    ],
    ['finds no quota on a system without control groups', {}, undefined],
    ['ignores a file with another content', { [v2]: '0::/', 'sys/fs/cgroup/cpu.max': 'later' }, undefined],
  ])('%s', (_, files, expected) => {
    expect(cpuQuota(rootWith(files))).toBe(expected);
  });

  it('does not fail on this machine', () => {
    expect(usableCores()).toBeGreaterThanOrEqual(1);
    expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
  });
});

it.each([
  [Infinity, 8, 8],
  [2, 64, 2],
  [1.9, 64, 1],
  [0.5, 64, 1],
  [16, 4, 4],
])('usableCores with a quota of %s and %i cores is %i', (quota, cores, expected) => {
  expect(usableCores(quota, cores)).toBe(expected);
});
