import { randomInt, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Database } from './client.js';

/** How Postgres' clock stands to the monotonic clock of this process. */
type Reading = {
  /** Postgres' time, less performance.now(). */
  readonly aheadMs: number;
  /** At most this far off. */
  readonly errorMs: number;
  readonly atMs: number;
  /** The system's clock, less performance.now(). It changes when the machine slept or its clock was set. */
  readonly systemMs: number;
};

/** The most accurate reading is the one whose query was fastest. */
const SAMPLES = 3;
const RENEW_AFTER_MS = 10_000;
const JUMP_MS = 1_000;

const sample = async (database: Database): Promise<Reading> => {
  const startMs = performance.now();
  const [row] = await database.$queryRaw<{ ms: number }[]>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`;
  const atMs = performance.now();
  const errorMs = (atMs - startMs) / 2;
  return {
    aheadMs: (row?.ms ?? 0) - startMs - errorMs,
    errorMs,
    atMs,
    systemMs: Date.now() - atMs,
  };
};

const measure = async (database: Database): Promise<Reading> => {
  let best = await sample(database);
  for (let i = 1; i < SAMPLES; i++) {
    const next = await sample(database);
    if (next.errorMs < best.errorMs) best = next;
  }
  return best;
};

type Known = { reading?: Reading; renewal?: Promise<Reading> | undefined };
const clocks = new WeakMap<Database, Known>();

const knownOf = (database: Database): Known => {
  const known = clocks.get(database) ?? {};
  clocks.set(database, known);
  return known;
};

const renew = (database: Database, known: Known): Promise<Reading> =>
  (known.renewal ??= measure(database)
    .then((reading) => (known.reading = reading))
    .finally(() => {
      known.renewal = undefined;
    }));

const hasJumped = ({ systemMs }: Reading) => Math.abs(Date.now() - performance.now() - systemMs) > JUMP_MS;

/**
 * Postgres' time. All times that machines compare come from it, since their own clocks differ. It is measured every ten
 * seconds, and counted on by the monotonic clock in between.
 */
export const databaseNow = async (database: Database): Promise<Date> => {
  const known = knownOf(database);
  let { reading } = known;
  if (!reading || hasJumped(reading)) reading = await renew(database, known);
  // While the database is away, the last reading stays good, and the caller's own query tells of the outage.
  else if (performance.now() - reading.atMs > RENEW_AFTER_MS) renew(database, known).catch(() => undefined);
  return new Date(performance.now() + reading.aheadMs);
};

/** Postgres' time in milliseconds, without a wait. It is this machine's until Postgres has answered once. */
export const databaseNowMs = (database: Database): number => {
  const known = knownOf(database);
  const { reading } = known;
  const isGood = reading !== undefined && !hasJumped(reading);
  if (!isGood || performance.now() - reading.atMs > RENEW_AFTER_MS)
    renew(database, known).catch(() => undefined);
  return isGood ? performance.now() + reading.aheadMs : Date.now();
};

/** Milliseconds by which this machine's clock is ahead of Postgres', measured now. */
export const measureClockOffset = async (database: Database): Promise<number> => {
  const { aheadMs, systemMs } = await renew(database, knownOf(database));
  return systemMs - aheadMs;
};

/** A machine's clock may differ from Postgres' by this much before it is reported. */
export const CLOCK_TOLERANCE_MS = 2_000;

/** The first id of a millisecond begins below this, which leaves room to count up. */
const FIRST_COUNTS = 0x800;
const LARGEST_COUNT = 0xfff;
let lastMs = 0;
let count = 0;

/**
 * A UUIDv7 of Postgres' time, so that rows of all machines sort by their age. Those of one process count up also within
 * a millisecond (RFC 9562, 6.2, method 1).
 */
export const newId = (at: Date): string => {
  const ms = Math.max(lastMs, at.getTime());
  count = ms === lastMs ? count + 1 : randomInt(FIRST_COUNTS);
  lastMs = count > LARGEST_COUNT ? ms + 1 : ms;
  if (count > LARGEST_COUNT) count = 0;
  const time = Math.floor(lastMs).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`;
};
