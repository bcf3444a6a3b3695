import type { Health } from '#program';
import type { Metrics } from '#telemetry';

/** Longer than any round takes, even one that deletes very many expired images. */
const SILENT_AFTER_MS = 600_000;

/** Tells whether the rounds still run. A failed round counts too, since a restart would not mend its cause. */
export const createPulse = (metrics: Metrics, now = () => performance.now()) => {
  const rounds = metrics.counter({
    name: 'clearcut_rounds_total',
    help: 'Rounds of the sweeper, of expiry and of tidying, by how they ended.',
    labels: ['round', 'outcome'],
  });
  const endedMs = new Map<string, number>();
  return {
    watch: (round: string, work: (stopping: AbortSignal) => Promise<void>) => {
      endedMs.set(round, now());
      return async (stopping: AbortSignal) => {
        let outcome = 'failed';
        try {
          await work(stopping);
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
export type Pulse = ReturnType<typeof createPulse>;
