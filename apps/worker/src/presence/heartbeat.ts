import { beat, HEARTBEAT_MS, leave, type Database, type WorkerFacts } from '#database';
import type { Logger } from '#telemetry';

/** Keeps the row by which others see that this worker is warm. */
export type Heartbeat = {
  /** What the row says. */
  readonly worker: WorkerFacts;
  /** Writes the row, and writes it again until stopped. */
  readonly start: () => Promise<void>;
  /** Deletes the row for now. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Deletes the row for good. */
  readonly stop: () => Promise<void>;
};

export const createHeartbeat = (database: Database, worker: WorkerFacts, log: Logger): Heartbeat => {
  const onError = (error: unknown) => log.warn({ err: error }, 'heartbeat missed');
  let timer: NodeJS.Timeout | undefined;
  let isPaused = false;
  const tell = () => beat(database, worker).catch(onError);
  return {
    worker,
    start: async () => {
      await beat(database, worker);
      timer = setInterval(() => {
        if (!isPaused) void tell();
      }, HEARTBEAT_MS);
    },
    pause: async () => {
      isPaused = true;
      await leave(database, worker.id).catch(onError);
    },
    resume: async () => {
      isPaused = false;
      await tell();
    },
    stop: async () => {
      // A worker that could not start has no row.
      if (!timer) return;
      clearInterval(timer);
      await leave(database, worker.id);
    },
  };
};
