import { fileURLToPath } from 'node:url';
import { keepRunning, type KeepOptions } from './keep-running.js';
import type { Program } from './run-once.js';

export type Programs = {
  /** Resolves when each was ready once; rejects with a StartError when one cannot start. */
  readonly ready: Promise<unknown>;
  /** Asks all at once and kills the rest at the deadline, or when `hurry` is aborted. Resolves when all are gone. */
  readonly stop: (hurry: AbortSignal) => Promise<void>;
};

export const clearcut: readonly Program[] = ['gateway', 'worker', 'dispatcher'].map((name) => ({
  name,
  script: fileURLToPath(new URL(`../../../${name}/src/main.js`, import.meta.url)),
}));

export const startPrograms = (
  programs: readonly Program[],
  options: KeepOptions,
  killAfterMs: number,
): Programs => {
  const kept = programs.map((program) => keepRunning(program, options));
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
