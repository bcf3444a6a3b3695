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

/** Mean milliseconds per stage, in order, of the tasks that were sent since then. */
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

/** The most memory that a live process ever had in hand; undefined where the system does not tell. */
export const peakBytes = (pid: number | undefined) => statusOf(pid, 'VmHWM');

/** The memory that a live process has in hand; undefined where the system does not tell. */
export const residentBytes = (pid: number | undefined) => statusOf(pid, 'VmRSS');

/** Linux counts a process's time in hundredths of a second. */
const TICK_MS = 10;

type Stat = { readonly parent: number; readonly ownMs: number; readonly reapedMs: number };

const statOf = async (pid: number | string | undefined): Promise<Stat | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat === '') return undefined;
  // The second field is the name in brackets, which may hold blanks; the 14th to 17th are its time and its
  // children's, of user and system.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = NaN, system = NaN, childUser = NaN, childSystem = NaN] = fields.slice(11, 15).map(Number);
  return {
    parent: Number(fields[1]),
    ownMs: (user + system) * TICK_MS,
    reapedMs: (childUser + childSystem) * TICK_MS,
  };
};

/** Milliseconds of all cores that a live process has used; NaN where the system does not tell. */
export const cpuMs = async (pid: number | undefined): Promise<number> => (await statOf(pid))?.ownMs ?? NaN;

/** {@link cpuMs} of a process and of its children, those that have ended included. */
export const familyCpuMs = async (pid: number | undefined): Promise<number> => {
  const own = await statOf(pid);
  if (!own) return NaN;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = (await Promise.all(pids.map(statOf))).filter((stat) => stat?.parent === pid);
  return children.reduce((sum, child) => sum + (child?.ownMs ?? 0), own.ownMs + own.reapedMs);
};
