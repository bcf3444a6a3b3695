import { randomUUID } from 'node:crypto';
import { CLAIMANT_SILENT_MS, findDueRounds, HEARTBEAT_MS, type Database, type DueRound } from '#database';
import { UNCHECKED_AFTER_MS } from './sweep.js';

/** Starts each round soon. */
export type Wakes = Readonly<Record<DueRound, () => void>>;

/** The least time between two starts of a round: few large rounds cost less than many small ones. */
const restsMs: Partial<Record<DueRound, number>> = { sweep: 2_000, expiry: 5_000, usage: 5_000 };

/** Timers may fire a little early. */
const EARLY_MS = 100;

/**
 * After a look that took longer, the reports of workers are late too. A report that took less comes before its worker
 * counts as silent.
 */
const SLOW_MS = CLAIMANT_SILENT_MS - HEARTBEAT_MS - 1_000;

/** A look that has no answer for so long counts as one that could not write. */
const LATE_MS = 5_000;

/** Looks for what is due, by one statement for all rounds, and reports that this dispatcher lives. */
export const createLook = (database: Database, now: () => number = () => performance.now()) => {
  const id = randomUUID();
  const wokenMs = new Map<DueRound, number>();
  let writesSinceMs: number | undefined;
  let wroteMs = -Infinity;

  const mayWake = (round: DueRound): boolean => {
    const { [round]: restMs = 0 } = restsMs;
    return now() - (wokenMs.get(round) ?? -Infinity) >= restMs - EARLY_MS;
  };

  return {
    look: async (wakes: Wakes): Promise<void> => {
      const startMs = now();
      try {
        const due = await findDueRounds(database, id, UNCHECKED_AFTER_MS);
        wroteMs = now();
        if (wroteMs - startMs > SLOW_MS) writesSinceMs = undefined;
        writesSinceMs ??= wroteMs;
        for (const round of due.filter(mayWake)) {
          wokenMs.set(round, now());
          wakes[round]();
        }
      } catch (error) {
        writesSinceMs = undefined;
        throw error;
      }
    },
    /** For how long every look could write to the database without a long wait. */
    writesForMs: (): number =>
      writesSinceMs === undefined || now() - wroteMs > LATE_MS ? 0 : now() - writesSinceMs,
  };
};
