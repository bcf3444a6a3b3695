import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');

/** Cores of a quota in microseconds per period. Undefined where there is none: `max`, or -1 in version 1. */
const toCores = (quota: string | undefined, period: string | undefined): number | undefined => {
  const cores = Number(quota) / Number(period);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
};

const quotaIn = (group: string): number | undefined => {
  const [quota, period] = readIfThere(join(group, 'cpu.max')).split(' ');
  return (
    toCores(quota, period) ??
    toCores(readIfThere(join(group, 'cpu.cfs_quota_us')), readIfThere(join(group, 'cpu.cfs_period_us')))
  );
};

const withParents = (path: string): string[] =>
  path === '/' ? ['/'] : [path, ...withParents(dirname(path))];

/** The group paths of the CPU controller in /proc/self/cgroup, with their parents: their quotas hold as well. */
const groupsOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    // `hierarchy:controllers:path`; version 2 names no controllers.
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    const isCpu = controllers === '' || controllers.split(',').includes('cpu');
    return isCpu && path ? withParents(join('/', path)) : [];
  });

/** Where systems mount version 2, version 1 under both of its names, and version 2 beside version 1. */
const MOUNTS = ['', 'cpu', 'cpu,cpuacct', 'unified'];

/**
 * The smallest CPU quota of this process's control groups in cores, such as 1.5. Undefined without a quota and
 * on systems without control groups.
 * @param root the folder that holds `proc` and `sys`
 */
export const cpuQuota = (root = '/'): number | undefined => {
  const groups = new Set([...groupsOf(readIfThere(join(root, 'proc/self/cgroup'))), '/']);
  const quotas = MOUNTS.flatMap((mount) =>
    [...groups].map((group) => quotaIn(join(root, 'sys/fs/cgroup', mount, group))),
  ).filter((cores) => cores !== undefined);
  return quotas.length > 0 ? Math.min(...quotas) : undefined;
};

/**
 * How many threads can compute at once. Node 20 counts the host's cores in a container with a CPU quota. A part of a core counts for nothing, as in later Nodes: one thread too many stalls all others.
 */
export const usableCores = (quota = cpuQuota() ?? Infinity, cores = availableParallelism()): number =>
  Math.max(1, Math.min(cores, Math.floor(quota)));
