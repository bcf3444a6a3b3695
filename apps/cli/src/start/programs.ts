import { fileURLToPath } from 'node:url';
import { keepRunning, type KeepOptions } from './keep-running.js';
import type { Program } from './run-once.js';

export type Programs = {
  /** Resolves when every program was ready once. Rejects with a StartError when one cannot start. */
  readonly ready: Promise<unknown>;
  /** Ends all programs, and kills those that remain at the deadline or when `hurry` aborts. */
  readonly stop: (hurry: AbortSignal) => Promise<void>;
};

export const clearcut: readonly Program[] = ['gateway', 'worker', 'dispatcher'].map((name) => ({
  name,
  script: fileURLToPath(new URL(`../../../${name}/src/main.js`, import.meta.url)),
}));

/** Where a program's admin port is: they share one machine, so that each has the next one. */
export const adminPortOf = (first: number, name: string): number =>
  first + clearcut.findIndex((program) => program.name === name);

/** Gives each program its own admin port, counting up from ADMIN_PORT, because they share one machine. */
const besideOthers = (options: KeepOptions, position: number): KeepOptions => {
  const { ADMIN_PORT } = options.env;
  if (!ADMIN_PORT) return options;
  return { ...options, env: { ...options.env, ADMIN_PORT: `${Number(ADMIN_PORT) + position}` } };
};

export const startPrograms = (
  programs: readonly Program[],
  options: KeepOptions,
  killAfterMs: number,
): Programs => {
  const kept = programs.map((program, i) => keepRunning(program, besideOthers(options, i)));
  const killAll = () => kept.forEach(({ kill }) => kill());

  const stop = async (hurry: AbortSignal) => {
    const stopped = Promise.all(kept.map((program) => program.stop()));
    const timer = setTimeout(killAll, killAfterMs);
    hurry.addEventListener('abort', killAll);
    if (hurry.aborted) killAll();
    await stopped;
    clearTimeout(timer);
    hurry.removeEventListener('abort', killAll);
  };

  return { ready: Promise.all(kept.map(({ ready }) => ready)), stop };
};
