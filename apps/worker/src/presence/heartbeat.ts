import { setTimeout as sleep } from 'node:timers/promises';
import { beat, HEARTBEAT_MS, leave, type Database, type WorkerFacts } from '#database';
import type { DeviceFacts } from '#inference';
import { createFaultLog, type Logger } from '#telemetry';
import type { Models } from '#pipeline';
import { fewAtOnce } from './few-at-once.js';

/** Keeps the row in the database that shows that this worker is warm. */
export type Heartbeat = {
  /** The content of the row. */
  readonly worker: WorkerFacts;
  /** Whether the row is written every two seconds now, and was written lately. */
  readonly isBeating: () => boolean;
  /** Writes the row, and writes it again until stopped. A database that is away is waited for. */
  readonly start: () => Promise<void>;
  /** Deletes the row until `resume`. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Stops the heartbeat and deletes the row. */
  readonly stop: () => Promise<void>;
};

export const describeWorker = (
  id: string,
  { served, installed }: Models,
  { provider, requested, device, fallback }: DeviceFacts,
  slots: number,
): WorkerFacts => ({
  id,
  provider,
  requestedDevice: requested,
  device,
  fallback: fallback ?? null,
  served: [...served].map(([air, { variant, sha256 }]) => ({ air, variant: variant.name, sha256 })),
  installed,
  slots,
});

/** A row that was written this lately is written in time. */
const LATELY_MS = 1.5 * HEARTBEAT_MS;

/** A worker waits this long for its last report before it deletes its row. */
const LAST_REPORT_MS = 2_000;

export const createHeartbeat = (
  database: Database,
  worker: WorkerFacts,
  log: Logger,
  { lastReportMs = LAST_REPORT_MS } = {},
): Heartbeat => {
  const onError = createFaultLog(log, 'heartbeat missed');
  let timer: NodeJS.Timeout | undefined;
  let isPaused = false;
  let beatMs = -Infinity;
  const underWay = new Set<Promise<void>>();
  const report = async () => {
    const startMs = performance.now();
    try {
      await beat(database, worker);
      beatMs = Math.max(beatMs, startMs);
    } catch (error) {
      onError(error);
    }
  };
  const tryBeat = fewAtOnce(() => {
    const reported = report().finally(() => underWay.delete(reported));
    underWay.add(reported);
    return reported;
  });
  const disappear = async () => {
    await Promise.race([Promise.all(underWay), sleep(lastReportMs, undefined, { ref: false })]);
    // While the database is away, the row goes by its age.
    await leave(database, worker.id).catch(onError);
  };
  return {
    worker,
    isBeating: () => timer !== undefined && !isPaused && performance.now() - beatMs < LATELY_MS,
    start: async () => {
      await tryBeat();
      timer = setInterval(() => {
        if (!isPaused) void tryBeat();
      }, HEARTBEAT_MS);
    },
    pause: async () => {
      isPaused = true;
      await disappear();
    },
    resume: async () => {
      isPaused = false;
      await tryBeat();
    },
    stop: async () => {
      // A worker that could not start has no row.
      if (!timer) return;
      clearInterval(timer);
      timer = undefined;
      await disappear();
    },
  };
};
