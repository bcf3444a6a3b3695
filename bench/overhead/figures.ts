import { readFile } from 'node:fs/promises';
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

/** The most memory that a live process ever had in hand; undefined where the system does not tell. */
export const peakBytes = async (pid: number | undefined): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};
