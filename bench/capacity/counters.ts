import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { cpuMs } from '../overhead/figures.js';
import type { Service } from '../overhead/service.js';

/** The measured service, and the Redis of its queue if it has one. */
export type Subject = { readonly service: Service; readonly redis?: Redis | undefined };

/** CPU milliseconds over all cores, by program. */
export type CpuMs = Readonly<Record<string, number | undefined>>;

/** Totals since the start of the service. */
export type Counters = { readonly cpuMs: CpuMs; readonly transactions: number; readonly walBytes: number };

/** Counters per task. */
export type Cost = Counters & { readonly perSecond: number };

/** Postgres updates its statistics once a second, and a delivery ends after its webhook. */
const SETTLED_AFTER_MS = 1500;

const readPostgres = async ({ database }: Service) => {
  const [row] = await database.$queryRaw<{ transactions: number; walBytes: number }[]>`
    SELECT xact_commit::float AS transactions,
           pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float AS "walBytes"
      FROM pg_stat_database WHERE datname = current_database()`;
  if (!row) throw new Error('Postgres has no statistics of this database');
  return row;
};

const readRedis = async (redis: Redis) => {
  const info = await redis.info('server');
  return { redis: await cpuMs(Number(/^process_id:(\d+)/m.exec(info)?.[1])) };
};

export const readCounters = async ({ service, redis }: Subject, signal: AbortSignal): Promise<Counters> => {
  await sleep(SETTLED_AFTER_MS, undefined, { signal });
  const { client: _, ...programs } = await service.cpu();
  return { cpuMs: { ...programs, ...(redis && (await readRedis(redis))) }, ...(await readPostgres(service)) };
};

/** @param ms from the first task to the last answer */
export const costOf = (
  from: Counters,
  to: Counters,
  { tasks, ms }: { readonly tasks: number; readonly ms: number },
): Cost => {
  const perTask = (later = NaN, earlier = NaN) => (later - earlier) / tasks;
  const cpu = Object.entries(to.cpuMs).map(([name, later]) => [name, perTask(later, from.cpuMs[name])]);
  return {
    cpuMs: Object.fromEntries(cpu) as CpuMs,
    transactions: perTask(to.transactions, from.transactions),
    walBytes: perTask(to.walBytes, from.walBytes),
    perSecond: (tasks * 1000) / ms,
  };
};
