import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Fleet, FleetProgram, ProgramName } from '#test/fleet';
import { until } from '#test/until';
import { createRandom, type Random } from './random.js';

const names = {
  gateway: 'gateway',
  worker: 'worker',
  'other worker': 'worker',
  dispatcher: 'dispatcher',
} as const satisfies Record<string, ProgramName>;
export type ProgramId = keyof typeof names;
export const programIds = Object.keys(names) as ProgramId[];

/** Programs that are started again whenever they end, as an orchestrator would. */
export type Programs = {
  /** Sends SIGKILL, or nothing to a program that is not up. */
  readonly kill: (id: ProgramId) => void;
  /** Undefined while the program is not up. */
  readonly pidOf: (id: ProgramId) => number | undefined;
  readonly untilUp: () => Promise<void>;
  /** Ends that nobody caused. */
  readonly crashes: readonly string[];
  readonly failedStarts: () => number;
  readonly stop: () => Promise<void>;
};

type Slot = {
  readonly id: ProgramId;
  readonly random: Random;
  program?: FleetProgram | undefined;
  wasKilled: boolean;
  starting: Promise<void>;
};

const hook = `--import=${pathToFileURL(resolve('test', 'support', 'shift-clock.mjs')).href}`;
const FIVE_MINUTES_MS = 300_000;
const START_AGAIN_MS = 1_000;
const UP_MS = 300_000;

/** Clocks of workers and dispatchers go right, or are five minutes ahead or behind. */
const clockOf = ({ id, random }: Slot): Record<string, string> => {
  const offset = Math.floor(random() * 3) - 1;
  if (id === 'gateway' || offset === 0) return {};
  return { NODE_OPTIONS: hook, TEST_CLOCK_OFFSET_MS: `${offset * FIVE_MINUTES_MS}` };
};

type Options = { readonly seed: number; readonly gatewayPort: string };

export const startPrograms = async (fleet: Fleet, { seed, gatewayPort }: Options): Promise<Programs> => {
  const crashes: string[] = [];
  let failedStarts = 0;
  const stopping = new AbortController();

  const start = async (slot: Slot) => {
    const env = { ...clockOf(slot), ...(slot.id === 'gateway' && { PORT: gatewayPort }) };
    while (!slot.program && !stopping.signal.aborted) {
      slot.program = await fleet.start(names[slot.id], env).catch(() => undefined);
      if (slot.program) return;
      failedStarts++;
      await sleep(START_AGAIN_MS);
    }
  };
  const keepUp = async (slot: Slot) => {
    while (!stopping.signal.aborted) {
      slot.starting = start(slot);
      await slot.starting;
      const code = await slot.program?.ended;
      slot.program = undefined;
      if (stopping.signal.aborted) return;
      if (!slot.wasKilled) crashes.push(`the ${slot.id} ended with code ${code}`);
      slot.wasKilled = false;
      await sleep(slot.random() * 300);
    }
  };

  const slots = programIds.map((id, i): Slot => {
    return { id, random: createRandom(seed + i), wasKilled: false, starting: Promise.resolve() };
  });
  const slotOf = (id: ProgramId) => slots.find((slot) => slot.id === id);
  const kept = slots.map(keepUp);
  const programs: Programs = {
    kill: (id) => {
      const slot = slotOf(id);
      if (!slot?.program) return;
      slot.wasKilled = true;
      process.kill(slot.program.pid, 'SIGKILL');
      slot.program = undefined;
    },
    pidOf: (id) => slotOf(id)?.program?.pid,
    untilUp: async () => {
      await until('all programs to be up', () => slots.every(({ program }) => program), UP_MS);
    },
    crashes,
    failedStarts: () => failedStarts,
    stop: async () => {
      stopping.abort();
      await Promise.all(slots.map(({ starting }) => starting));
      await fleet.stop();
      await Promise.all(kept);
    },
  };
  await programs.untilUp();
  return programs;
};
