import type { Database } from './client.js';

const SILENT_AFTER_MS = 10_000;
export const HEARTBEAT_MS = 2_000;

export type WorkerFacts = { readonly id: string; readonly models: string[]; readonly provider: string };

/** Says that this worker is warm and takes tasks. */
export const beat = async (database: Database, worker: WorkerFacts): Promise<void> => {
  const { id, ...facts } = worker;
  const lastSeenAt = new Date();
  await database.worker.upsert({
    where: { id },
    create: { ...worker, lastSeenAt },
    update: { ...facts, lastSeenAt },
  });
};

export const leave = async (database: Database, id: string): Promise<void> => {
  await database.worker.deleteMany({ where: { id } });
};

/** AIR ids that some warm worker serves now. */
export const servedModels = async (database: Database): Promise<ReadonlySet<string>> => {
  const workers = await database.worker.findMany({
    where: { lastSeenAt: { gt: new Date(Date.now() - SILENT_AFTER_MS) } },
    select: { models: true },
  });
  return new Set(workers.flatMap((worker) => worker.models));
};

/** Removes what killed workers left behind. */
export const forgetSilentWorkers = async (database: Database): Promise<void> => {
  await database.worker.deleteMany({
    where: { lastSeenAt: { lt: new Date(Date.now() - 6 * SILENT_AFTER_MS) } },
  });
};
