import { z } from 'zod';
import type { Database } from './client.js';

const SILENT_AFTER_MS = 10_000;
export const HEARTBEAT_MS = 2_000;

/** How long after its last heartbeat a model's tasks are still taken: its workers may restart, or be scaled to zero. */
const MODEL_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** A model as a worker serves it. */
const ServedFile = z.object({
  air: z.string(),
  /** The name of the file among those of the model. */
  variant: z.string(),
  sha256: z.string(),
});
export type ServedFile = z.infer<typeof ServedFile>;

/** What a warm worker says of itself. */
export type WorkerFacts = {
  readonly id: string;
  /** onnxruntime's execution provider. */
  readonly provider: string;
  /** What the operator asked for, and what it came to, such as `cuda:0`. */
  readonly requestedDevice: string;
  readonly device: string;
  /** Why it is not the best device. */
  readonly fallback: string | null;
  readonly served: readonly ServedFile[];
  /** AIR ids of what lies in its models folder. */
  readonly installed: readonly string[];
};

/** A worker as others see it. */
export type WarmWorker = WorkerFacts & { readonly startedAt: Date };

/** Says that this worker is warm and takes tasks. */
export const beat = async (database: Database, worker: WorkerFacts): Promise<void> => {
  const { id, ...facts } = worker;
  const lastSeenAt = new Date();
  const models = worker.served.map(({ air }) => air);
  const row = { ...facts, served: [...worker.served], installed: [...worker.installed], models, lastSeenAt };
  await database.worker.upsert({ where: { id }, create: { id, ...row }, update: row });
  await database.$executeRaw`
    INSERT INTO served_models (air, last_served_at) SELECT unnest(${models}::text[]), ${lastSeenAt}
        ON CONFLICT (air) DO UPDATE SET last_served_at = excluded.last_served_at`;
};

export const leave = async (database: Database, id: string): Promise<void> => {
  await database.worker.deleteMany({ where: { id } });
};

/** The workers that are warm now. */
export const warmWorkers = async (database: Database): Promise<readonly WarmWorker[]> => {
  const workers = await database.worker.findMany({
    where: { lastSeenAt: { gt: new Date(Date.now() - SILENT_AFTER_MS) } },
    orderBy: { startedAt: 'asc' },
  });
  return workers.map((worker) => Object.assign(worker, { served: ServedFile.array().parse(worker.served) }));
};

/** AIR ids that some warm worker serves now. */
export const servedModels = async (database: Database): Promise<ReadonlySet<string>> =>
  new Set((await warmWorkers(database)).flatMap(({ served }) => served.map(({ air }) => air)));

/** AIR ids whose tasks are taken: some worker serves them, or did within the last week. */
export const availableModels = async (database: Database): Promise<ReadonlySet<string>> => {
  const lastServedAt = { gt: new Date(Date.now() - MODEL_KEPT_MS) };
  const rows = await database.servedModel.findMany({ where: { lastServedAt } });
  return new Set(rows.map(({ air }) => air));
};

/** Removes what killed workers left behind. */
export const forgetSilentWorkers = async (database: Database): Promise<void> => {
  await database.worker.deleteMany({
    where: { lastSeenAt: { lt: new Date(Date.now() - 6 * SILENT_AFTER_MS) } },
  });
};
