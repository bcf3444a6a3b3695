import type { Health } from '#program';
import type { DispatcherMetrics } from './dispatcher-metrics.js';

/** Longer than any round takes, the deletion of very many expired images included. */
const SILENT_AFTER_MS = 600_000;

/** Whether the rounds still turn. One that fails turns all the same: what failed is not ours to restart. */
export const createPulse = (rounds: DispatcherMetrics['rounds'], now = () => performance.now()) => {
  const endedMs = new Map<string, number>();
  return {
    watch: (round: string, work: () => Promise<void>) => {
      endedMs.set(round, now());
      return async () => {
        let outcome = 'failed';
        try {
          await work();
          outcome = 'done';
        } finally {
          endedMs.set(round, now());
          rounds.inc({ round, outcome });
        }
      };
    },
    health: (): Health => {
      const silent = [...endedMs].flatMap(([round, ms]) => (now() - ms > SILENT_AFTER_MS ? round : []));
      return { ok: silent.length === 0, silent };
    },
  };
};
