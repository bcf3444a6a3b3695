import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { cpuMs } from '../overhead/figures.js';
import type { Service } from '../overhead/service.js';
import type { Cost, CpuMs } from './measured.js';

/** What is measured: a service, and the Redis of its queue if it has one. */
export type Subject = { readonly service: Service; readonly redis?: Redis | undefined };

/** Everything that only grows, at one moment. */
type Counters = {
  readonly atMs: number;
  readonly cpuMs: CpuMs;
  readonly transactions: number;
  readonly walBytes: number;
  readonly commands?: number;
};

/** What follows the last answer, such as the end of a delivery. */
const SETTLED_AFTER_MS = 500;

export const factOf = (info: string, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);

const postgresCounters = async ({ database }: Service) => {
  const [row] = await database.$queryRaw<{ transactions: number; walBytes: number }[]>`
    SELECT xact_commit::float AS transactions,
           pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float AS "walBytes"
      FROM pg_stat_database WHERE datname = current_database()`;
  if (!row) throw new Error('Postgres does not tell of this database');
  return row;
};

const redisCounters = async (redis: Redis | undefined) => {
  if (!redis) return undefined;
  const info = await redis.info();
  return {
    cpuMs: await cpuMs(factOf(info, 'process_id')),
    commands: factOf(info, 'total_commands_processed'),
  };
};

export const readCounters = async ({ service, redis }: Subject, signal: AbortSignal): Promise<Counters> => {
  await sleep(SETTLED_AFTER_MS, undefined, { signal });
  const postgres = await postgresCounters(service);
  const queue = await redisCounters(redis);
  const { gateway = NaN, worker = NaN, dispatcher = NaN, postgres: database = NaN } = await service.cpu();
  return {
    atMs: performance.now(),
    cpuMs: { gateway, worker, dispatcher, postgres: database, ...(queue && { redis: queue.cpuMs }) },
    ...postgres,
    ...(queue && { commands: queue.commands }),
  };
};

/** What a second of it came to. */
export type PerSecond = Omit<Counters, 'atMs'>;

const none: CpuMs = { gateway: 0, worker: 0, dispatcher: 0, postgres: 0 };
export const nothing: PerSecond = { cpuMs: none, transactions: 0, walBytes: 0 };

/** Three digits behind the point are more than the figures are good for. */
const round = (value: number) => Math.max(0, Math.round(value * 1000) / 1000);

/** What lies between two moments, without what so many seconds of `idle` came to, shared out. */
const between = (from: Counters, to: Counters, idle: PerSecond, parts: number): PerSecond => {
  const seconds = (to.atMs - from.atMs) / 1000;
  const share = (later = 0, earlier = 0, perSecond = 0) =>
    round((later - earlier - perSecond * seconds) / parts);
  const cpu = (name: keyof CpuMs) => share(to.cpuMs[name], from.cpuMs[name], idle.cpuMs[name]);
  return {
    cpuMs: {
      gateway: cpu('gateway'),
      worker: cpu('worker'),
      dispatcher: cpu('dispatcher'),
      postgres: cpu('postgres'),
      ...(to.cpuMs.redis !== undefined && { redis: cpu('redis') }),
    },
    transactions: share(to.transactions, from.transactions, idle.transactions),
    walBytes: share(to.walBytes, from.walBytes, idle.walBytes),
    ...(to.commands !== undefined && { commands: share(to.commands, from.commands, idle.commands) }),
  };
};

export const perSecond = (from: Counters, to: Counters): PerSecond =>
  between(from, to, nothing, (to.atMs - from.atMs) / 1000);

/** @param ms how long the tasks took, from the first to the last */
export const perTask = (
  from: Counters,
  to: Counters,
  { tasks, ms, idle }: { tasks: number; ms: number; idle: PerSecond },
): Cost => ({ tasks, perSecond: round((tasks * 1000) / ms), ...between(from, to, idle, tasks) });
