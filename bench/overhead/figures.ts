import { readdir, readFile } from 'node:fs/promises';
import type { Database } from '#database';

const columns = {
  queueMs: true,
  fetchMs: true,
  decodeMs: true,
  preprocessMs: true,
  inferMs: true,
  postprocessMs: true,
  encodeMs: true,
  storeMs: true,
} as const;
const names = Object.keys(columns) as (keyof typeof columns)[];

export type StageMean = { readonly stage: string; readonly ms: number };

/** Mean milliseconds per stage, in order, of tasks that were accepted after `since`. */
export const meanStages = async (database: Database, since: Date): Promise<StageMean[]> => {
  const { _avg: means } = await database.task.aggregate({
    where: { state: 'succeeded', createdAt: { gte: since } },
    _avg: columns,
  });
  return names.map((name) => ({ stage: name.replace(/Ms$/, ''), ms: means[name] ?? NaN }));
};

const statusOf = async (pid: number | undefined, field: string): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};

const childrenOf = async (pid: number | undefined): Promise<number[]> => {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.split(' ').filter(Boolean).map(Number);
};

/** Of a process and its children, such as a worker and those that decode for it. */
const sumOf = async (pid: number | undefined, field: string): Promise<number | undefined> => {
  const own = await statusOf(pid, field);
  const others = await Promise.all((await childrenOf(pid)).map((child) => statusOf(child, field)));
  return own && others.reduce<number>((sum, bytes) => sum + (bytes ?? 0), own);
};

/** Peak resident memory of a live process and its children; undefined where /proc is missing. */
export const peakBytes = (pid: number | undefined) => sumOf(pid, 'VmHWM');

/** Resident memory of a live process and its children; undefined where /proc is missing. */
export const residentBytes = (pid: number | undefined) => sumOf(pid, 'VmRSS');

/** Linux counts a process's time in hundredths of a second. */
const TICK_MS = 10;

type Stat = { readonly parent: number; readonly ownMs: number; readonly reapedMs: number };

const statOf = async (pid: number | string | undefined): Promise<Stat | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat === '') return undefined;
  // Field 2 is the name in brackets, which may hold blanks. Fields 14 to 17 are user and system time of the process,
  // then of its children.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = NaN, system = NaN, childUser = NaN, childSystem = NaN] = fields.slice(11, 15).map(Number);
  return {
    parent: Number(fields[1]),
    ownMs: (user + system) * TICK_MS,
    reapedMs: (childUser + childSystem) * TICK_MS,
  };
};

/** CPU milliseconds of a live process over all cores; NaN where /proc is missing. */
export const cpuMs = async (pid: number | undefined): Promise<number> => (await statOf(pid))?.ownMs ?? NaN;

/** {@link cpuMs} of a process and its children, including ended ones. */
export const familyCpuMs = async (pid: number | undefined): Promise<number> => {
  const own = await statOf(pid);
  if (!own) return NaN;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = (await Promise.all(pids.map(statOf))).filter((stat) => stat?.parent === pid);
  return children.reduce((sum, child) => sum + (child?.ownMs ?? 0), own.ownMs + own.reapedMs);
};
