import { z } from 'zod';
import { aliveNow, REPORT_LIMIT_MS } from './claimants.js';
import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import { warmWorkers as warmNow } from './feed.js';
import { Prisma } from './generated/client.js';
import { hotRows, namesOf } from './hot-query.js';

const SILENT_AFTER_MS = 10_000;
export const HEARTBEAT_MS = 2_000;

/**
 * How long a model's tasks are accepted after its last heartbeat, since its workers may restart or be scaled
 * to zero.
 */
const MODEL_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** A model that a worker serves. */
const ServedFile = z.object({
  air: z.string(),
  /** Which of the model's weights files, by name. */
  variant: z.string(),
  sha256: z.string(),
});
type ServedFile = z.infer<typeof ServedFile>;

/** What a warm worker publishes about itself. */
export type WorkerFacts = {
  readonly id: string;
  /** onnxruntime's execution provider. */
  readonly provider: string;
  /** The operator's setting and the device in use, such as `cuda:0`. */
  readonly requestedDevice: string;
  readonly device: string;
  /** Why the worker does not use a better device. */
  readonly fallback: string | null;
  readonly served: readonly ServedFile[];
  /** AIR ids of the models in the worker's models folder. */
  readonly installed: readonly string[];
  /** Tasks that it has in hand at once. */
  readonly slots: number;
};

export type WarmWorker = WorkerFacts & { readonly startedAt: Date };

/** That many milliseconds ago. */
const before = async (database: Database, ms: number): Promise<Date> =>
  new Date((await databaseNow(database)).getTime() - ms);

const factNames = namesOf([
  'models',
  'provider',
  'requestedDevice',
  'device',
  'fallback',
  'served',
  'installed',
  'slots',
  'lastSeenAt',
]);

/**
 * Records that this worker lives, is warm and takes tasks. One statement, since an idle worker sends little else. The
 * workers of a model share its row in served_models: it is written and locked once a minute, so that their reports do not
 * wait for each other. All lock the rows in one order, so that no two block each other.
 */
export const beat = async (database: Database, worker: WorkerFacts): Promise<void> => {
  const { id, provider, requestedDevice, device, fallback, served, installed, slots } = worker;
  const models = served.map(({ air }) => air);
  await hotRows(
    database,
    Prisma.sql`
    WITH alive AS (${aliveNow(id)}), served AS (
      INSERT INTO served_models (air, last_served_at) SELECT air, now() FROM unnest(${models}::text[]) AS own (air)
       WHERE NOT EXISTS (SELECT FROM served_models AS known
                          WHERE known.air = own.air AND last_served_at > now() - interval '1 minute')
       ORDER BY air
          ON CONFLICT (air) DO UPDATE SET last_served_at = excluded.last_served_at
    ), facts (${factNames}) AS (
      VALUES (${models}::text[], ${provider}, ${requestedDevice}, ${device}, ${fallback}::text,
              ${JSON.stringify(served)}::jsonb, ${[...installed]}::text[], ${slots}::int, now())
    )
    INSERT INTO workers (id, ${factNames}) SELECT ${id}::uuid, facts.* FROM facts
        ON CONFLICT (id) DO UPDATE SET (${factNames}) = (SELECT * FROM facts)`,
    REPORT_LIMIT_MS,
  );
};

export const leave = async (database: Database, id: string): Promise<void> => {
  await database.worker.deleteMany({ where: { id } });
};

/** The workers that are warm now. */
export const warmWorkers = async (database: Database): Promise<readonly WarmWorker[]> => {
  const workers = await database.worker.findMany({
    where: { lastSeenAt: { gt: await before(database, SILENT_AFTER_MS) } },
    orderBy: { startedAt: 'asc' },
  });
  return workers.map((worker) => Object.assign(worker, { served: ServedFile.array().parse(worker.served) }));
};

/** AIR ids that some warm worker serves now. */
export const servedModels = async (database: Database): Promise<ReadonlySet<string>> =>
  new Set((await warmWorkers(database)).flatMap(({ served }) => served.map(({ air }) => air)));

/** Whether some warm worker serves a model now. */
export const isServed = async (database: Database, air: string): Promise<boolean> => {
  const rows = await hotRows(database, Prisma.sql`SELECT FROM ${warmNow} AND ${air} = ANY(models) LIMIT 1`);
  return rows.length > 0;
};

/** AIR ids that are accepted: a worker serves them now, or did within MODEL_KEPT_MS. */
export const availableModels = async (database: Database): Promise<ReadonlySet<string>> => {
  const rows = await hotRows(
    database,
    Prisma.sql`
    SELECT air FROM served_models WHERE last_served_at > now() - ${MODEL_KEPT_MS}::float8 * interval '1 millisecond'`,
  );
  return new Set(rows.map(([air]) => String(air)));
};

/** Deletes the rows of killed workers. */
export const forgetSilentWorkers = async (database: Database): Promise<void> => {
  await database.worker.deleteMany({
    where: { lastSeenAt: { lt: await before(database, 6 * SILENT_AFTER_MS) } },
  });
};
