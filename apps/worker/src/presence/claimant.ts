import { endClaimant, HEARTBEAT_MS, keepAlive, type Database } from '#database';
import { createFaultLog, type Logger } from '#telemetry';
import { fewAtOnce } from './few-at-once.js';

/** Reports that this process lives and may hold tasks, until all are handed back. */
export type ClaimantReports = { readonly stop: () => Promise<void> };

/**
 * A worker that stops, or whose device fails, still holds tasks. So these reports go on when its heartbeat ends.
 * @param isBeating whether the worker's heartbeat reports the same
 */
export const startClaimant = (
  database: Database,
  workerId: string,
  log: Logger,
  isBeating: () => boolean,
): ClaimantReports => {
  const onError = createFaultLog(log, 'the worker cannot report that it lives');
  const report = fewAtOnce(() => keepAlive(database, workerId).catch(onError));
  void report();
  const timer = setInterval(() => {
    if (!isBeating()) void report();
  }, HEARTBEAT_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await endClaimant(database, workerId).catch(onError);
    },
  };
};
