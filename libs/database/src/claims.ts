import { ProblemCode, type Composition, type Warning } from '#contract';
import { z } from 'zod';
import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import { byHost, byOwner, waits } from './feed.js';
import { hotRows } from './hot-query.js';
import { putImage, type NewImage } from './images.js';
import { Prisma, type Task as TaskRow } from './generated/client.js';
import { recordUsage } from './usage.js';

/** Why a task failed, as its row keeps it. */
export const StoredProblem = z.object({
  code: ProblemCode,
  message: z.string(),
  details: z.object({
    parameter: z.string().exactOptional(),
    type: z.string().exactOptional(),
    min: z.number().exactOptional(),
    max: z.number().exactOptional(),
    allowedValues: z.array(z.string()).readonly().exactOptional(),
    retryAfter: z.number().exactOptional(),
  }),
});
export type StoredProblem = z.infer<typeof StoredProblem>;

/** Milliseconds per stage, by column name. */
export type StageColumns = Partial<
  Pick<
    TaskRow,
    | 'queueMs'
    | 'fetchMs'
    | 'decodeMs'
    | 'preprocessMs'
    | 'inferMs'
    | 'postprocessMs'
    | 'encodeMs'
    | 'storeMs'
    | 'uploadMs'
  >
>;

/**
 * A worker's hold on a stage of a task. Every further claim of the stage raises the attempt or has another worker, which
 * fences out a stalled predecessor's writes.
 */
export type Claim = Readonly<
  Pick<TaskRow, 'id' | 'attempt' | 'workerId' | 'stage' | 'webhookUrl' | 'webhookHost' | 'ttlS'>
>;

/** The device and the weights that ran a task. */
export type RunFacts = { readonly provider: string; readonly device: string; readonly weightsSha256: string };

/** Facts about a result besides its image. */
export type FinishFacts = {
  readonly warnings: Warning[];
  readonly unknownPixels: number | null;
  readonly mattingMs: number | null;
  readonly composition?: Composition;
};

export type Success = {
  readonly image: NewImage;
  readonly cost: string;
  /** Absent when no network ran. */
  readonly run?: RunFacts | undefined;
  readonly finish?: FinishFacts;
  readonly stages: StageColumns;
};

/** What came of the end of a stage. */
export type StageWritten = {
  /** False when a later claim holds the task or it was cancelled; nothing was written then. */
  readonly kept: boolean;
  /** Whether other tasks waited for its place when the end was written. */
  readonly mayFeed: boolean;
};

/**
 * Whether other tasks wait for a place in the lane of one that leaves it. A task that comes during the statement may be
 * missed. It waits for a place of a queue that is full then, so that the next end of a task in that lane sees it.
 */
export const othersWait = {
  forDevice: (model: Prisma.Sql): Prisma.Sql => Prisma.sql`coalesce((
    SELECT true FROM tasks WHERE ${waits} AND stage = 'device' AND tasks.model = ${model}
     ORDER BY ${byOwner} LIMIT 1), false)`,
  forFetch: Prisma.sql`coalesce((
    SELECT true FROM tasks WHERE ${waits} AND stage <> 'device' AND stage = 'fetch'
     ORDER BY ${byHost} LIMIT 1), false)`,
};

type Transaction = Pick<Database, 'task' | 'image' | 'delivery' | '$executeRaw'>;

const held = ({ id, attempt, workerId, stage }: Claim) =>
  ({ id, attempt, workerId, stage, state: 'running' }) as const;

/** Held, and not cancelled meanwhile: the result of a cancelled task is discarded. */
const wanted = (claim: Claim) => ({ ...held(claim), cancelRequestedAt: null });

/** Whether the worker still holds a task that was cancelled meanwhile. */
export const isCancelRequested = async (database: Database, claim: Claim): Promise<boolean> =>
  (await database.task.count({ where: { ...held(claim), cancelRequestedAt: { not: null } } })) > 0;

export const expiryOf = ({ ttlS }: Claim, now: Date) =>
  ttlS === null ? {} : { expiresAt: new Date(now.getTime() + ttlS * 1000) };

/**
 * Ends the task, drops its sealed URLs and creates its webhook delivery.
 * @param now from `databaseNow`
 */
const endTask = async (
  transaction: Transaction,
  claim: Claim,
  end: Prisma.TaskUpdateManyMutationInput,
  now: Date,
): Promise<boolean> => {
  const { count } = await transaction.task.updateMany({
    where: end.state === 'failed' ? held(claim) : wanted(claim),
    data: {
      ...end,
      finishedAt: now,
      inputUrl: null,
      furtherImages: Prisma.DbNull,
      uploadUrl: null,
      webhookUrl: null,
    },
  });
  if (count === 0) return false;

  const { id: taskId, webhookUrl: url, webhookHost } = claim;
  // As in `finishTask`.
  const data = { id: taskId, taskId, host: webhookHost ?? '', nextAttemptAt: now };
  if (url) await transaction.delivery.create({ data: { ...data, url } });
  return true;
};

/** Handed on to the next stage, whose first claim keeps the attempt. */
const waiting = {
  state: 'queued',
  fedAt: null,
  checkedAt: null,
  startedAt: null,
  workerId: null,
} as const;

/** Ends the stage `fetch`: the task waits for the device. */
export const moveToDevice = async (
  database: Database,
  { id, attempt, workerId, stage }: Claim,
  { fetchMs = null }: Pick<StageColumns, 'fetchMs'>,
): Promise<StageWritten> => {
  const [row] = await hotRows(
    database,
    Prisma.sql`
    UPDATE tasks SET state = 'queued', fed_at = NULL, checked_at = NULL, started_at = NULL, worker_id = NULL,
                     stage = 'device', remote_host = NULL, fetch_ms = ${fetchMs}::float8
     WHERE id = ${id}::uuid AND attempt = ${attempt} AND worker_id IS NOT DISTINCT FROM ${workerId}::uuid
       AND stage = ${stage}::"TaskStage" AND state = 'running' AND cancel_requested_at IS NULL
 RETURNING ${othersWait.forFetch}`,
  );
  return { kept: row !== undefined, mayFeed: row?.[0] !== false };
};

export const columnsOfSuccess = ({ cost, run, finish, stages }: Success) => ({
  cost,
  ...run,
  ...finish,
  ...stages,
});

/**
 * Ends the stage `device` of a task whose result is to be uploaded: it is stored, and the task waits for the upload.
 * @param remoteHost host and port of the uploadEndpoint
 * @returns false when a later claim holds the task or it was cancelled; nothing was written then
 */
export const moveToUpload = async (
  database: Database,
  claim: Claim,
  success: Success,
  remoteHost: string,
): Promise<boolean> => {
  const now = await databaseNow(database);
  return database.$transaction(async (transaction) => {
    const data = { ...waiting, ...columnsOfSuccess(success), stage: 'upload', remoteHost } as const;
    const { count } = await transaction.task.updateMany({ where: wanted(claim), data });
    if (count > 0) await putImage(transaction, success.image, now);
    return count > 0;
  });
};

/**
 * Ends a task whose result was uploaded.
 * @returns false when a later claim holds the task or it was cancelled; nothing was written then
 */
export const finishUpload = async (
  database: Database,
  claim: Claim & Pick<TaskRow, 'outputImageId'>,
  stages: StageColumns,
): Promise<boolean> => {
  const now = await databaseNow(database);
  return database.$transaction(async (transaction) => {
    const kept = await endTask(transaction, claim, { state: 'succeeded', ...stages }, now);
    const where = { id: claim.outputImageId };
    if (kept) await transaction.image.updateMany({ where, data: expiryOf(claim, now) });
    if (kept) await recordUsage(transaction, claim.id);
    return kept;
  });
};

/** @returns false when a later claim holds the task; nothing was written then */
export const failTask = async (
  database: Database,
  claim: Claim & Pick<TaskRow, 'outputImageId'>,
  problem: StoredProblem,
  stages: StageColumns = {},
): Promise<boolean> => {
  const now = await databaseNow(database);
  return database.$transaction(async (transaction) => {
    const kept = await endTask(transaction, claim, { state: 'failed', problem, cost: null, ...stages }, now);
    // A result whose upload failed.
    if (kept) await transaction.image.deleteMany({ where: { id: claim.outputImageId } });
    if (kept) await recordUsage(transaction, claim.id);
    return kept;
  });
};

/** Hands a task back unfinished, so that its next claim does not count as a stall. */
export const releaseTask = async (database: Database, claim: Claim): Promise<void> => {
  await database.task.updateMany({ where: held(claim), data: { state: 'queued' } });
};

/** Hands a task back that waits out a trouble of ours, for so many milliseconds. It keeps no place in the queue. */
export const postponeTask = async (
  database: Database,
  { id, attempt, workerId, stage }: Claim,
  ms: number,
): Promise<void> => {
  await database.$executeRaw`
    UPDATE tasks SET state = 'queued', fed_at = NULL, checked_at = NULL, waits = waits + 1,
                     wait_until = now() + ${ms} * interval '1 millisecond'
     WHERE id = ${id}::uuid AND attempt = ${attempt} AND worker_id IS NOT DISTINCT FROM ${workerId}::uuid AND stage = ${stage}::"TaskStage" AND state = 'running'`;
};
