import { CLAIMANT_SILENT_MS, handBackOfSilent, type Database } from '#database';
import type { Feeder } from '#feeder';
import type { Logger, Metrics } from '#telemetry';

type Needs = {
  readonly database: Database;
  readonly feeder: Pick<Feeder, 'wake'>;
  /** For how long this dispatcher could write to the database. */
  readonly writesForMs: () => number;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/**
 * Hands back the tasks of workers that fell silent. In an outage of the database all workers are silent, so that it judges
 * only after it could write itself for as long.
 */
export const createVanished = ({
  database,
  feeder,
  writesForMs,
  metrics,
  log,
}: Needs): (() => Promise<void>) => {
  const counter = metrics.counter({
    name: 'clearcut_tasks_vanished_total',
    help: 'Tasks that were handed back because their worker fell silent.',
  });
  return async () => {
    if (writesForMs() < CLAIMANT_SILENT_MS) return;
    const handedBack = await handBackOfSilent(database);
    counter.inc(handedBack.length);
    if (handedBack.length > 0)
      log.warn({ tasks: handedBack.length }, 'tasks handed back: their worker fell silent');
    new Set(handedBack.map(({ lane }) => lane)).forEach(feeder.wake);
  };
};
