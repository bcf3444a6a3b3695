import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { runSql } from '#test/databases';
import type { Fleet, FleetProgram, ProgramName } from '#test/fleet';
import type { TestRedis } from '#test/redis';

/** The programs and what they depend on. */
export type Stage = {
  readonly fleet: Fleet;
  readonly redis: TestRedis | undefined;
  readonly gatewayPort: string;
  readonly running: Map<string, { readonly name: ProgramName; program: FleetProgram }>;
};

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export const createRandom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};
export type Random = ReturnType<typeof createRandom>;

const hook = `--import=${pathToFileURL(resolve('test', 'support', 'shift-clock.mjs')).href}`;
const FIVE_MINUTES_MS = 300_000;

/** Clocks of workers and dispatchers go right, or are five minutes ahead or behind. */
const clockOf = (name: ProgramName, random: Random): Record<string, string> => {
  const offset = Math.floor(random() * 3) - 1;
  if (name === 'gateway' || offset === 0) return {};
  return { NODE_OPTIONS: hook, TEST_CLOCK_OFFSET_MS: `${offset * FIVE_MINUTES_MS}` };
};

export const startProgram = (
  { fleet, gatewayPort }: Pick<Stage, 'fleet' | 'gatewayPort'>,
  name: ProgramName,
  random: Random,
): Promise<FleetProgram> =>
  fleet.start(name, { ...clockOf(name, random), ...(name === 'gateway' && { PORT: gatewayPort }) });

/** Kills a program and starts it again, as an orchestrator would. */
const kill = (id: string) => async (stage: Stage, random: Random) => {
  const slot = stage.running.get(id);
  if (!slot) throw new Error(`There is no program ${id}.`);
  process.kill(slot.program.pid, 'SIGKILL');
  await sleep(random() * 300);
  slot.program = await startProgram(stage, slot.name, random);
};

const cutConnections = ({ fleet }: Stage) =>
  runSql(
    fleet.databaseUrl,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );

const forgetQueue = async ({ fleet, redis }: Stage) => {
  if (!redis) return runSql(fleet.databaseUrl, 'TRUNCATE bullmq.job CASCADE');
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
};

/** The disk with the images is not mounted for a while. */
const hideImages = async ({ fleet }: Stage, random: Random) => {
  const mark = join(fleet.env['DATA_DIR'] ?? '', 'images', '.clearcut-images');
  await rename(mark, `${mark}.away`);
  await sleep(500 + random() * 2_000);
  await rename(`${mark}.away`, mark);
};

const stopRedis = async ({ redis }: Stage, random: Random) => {
  await redis?.stop();
  await sleep(random() * 5_000);
  await redis?.start();
};

type Fault = (stage: Stage, random: Random) => Promise<void>;

/** Each name with its weight. Kills are half of all faults. */
export const faults: Readonly<Record<string, { readonly weight: number; readonly run: Fault }>> = {
  'worker killed': { weight: 4, run: kill('worker') },
  'other worker killed': { weight: 2, run: kill('other worker') },
  'dispatcher killed': { weight: 2, run: kill('dispatcher') },
  'gateway killed': { weight: 2, run: kill('gateway') },
  'connections to Postgres cut': { weight: 3, run: cutConnections },
  'queue emptied': { weight: 2, run: forgetQueue },
  'images unmounted': { weight: 2, run: hideImages },
  'Redis stopped': { weight: 2, run: stopRedis },
};

export const chooseFault = (random: Random, hasRedis: boolean): string => {
  const possible = Object.entries(faults).filter(([name]) => hasRedis || name !== 'Redis stopped');
  let left = random() * possible.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [name, { weight }] of possible) {
    left -= weight;
    if (left < 0) return name;
  }
  return 'worker killed';
};
