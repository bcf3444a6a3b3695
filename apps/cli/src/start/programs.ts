import { fileURLToPath } from 'node:url';
import { usableCores } from '#config';
import type { Program } from '#program';
import { keepRunning, type KeepOptions } from './keep-running.js';

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

/** Node's default of libuv's pool, whose threads decode images and read files. */
const LEAST_THREADS = 4;

/**
 * Gives libuv's pool a thread for each core that may be used, unless the operator chose. The pool starts with its
 * process, so only the environment can size it.
 */
export const withThreads = (env: NodeJS.ProcessEnv, cores = usableCores()): NodeJS.ProcessEnv => ({
  UV_THREADPOOL_SIZE: `${Math.max(LEAST_THREADS, cores)}`,
  ...env,
});

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
  const threaded = { ...options, env: withThreads(options.env) };
  const kept = programs.map((program, i) => keepRunning(program, besideOthers(threaded, i)));
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
