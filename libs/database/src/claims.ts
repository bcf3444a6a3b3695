import { ProblemCode, type Warning } from '#contract';
import { z } from 'zod';
import type { Database } from './client.js';
import { putImage, type NewImage } from './images.js';
import type { Prisma, Task } from './generated/client.js';

/** Why a task failed, as kept in its row. */
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

/** Milliseconds per stage, named as the columns are. */
export type StageColumns = Partial<
  Pick<
    Task,
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

/** A worker's hold on a task. Every claim raises the attempt, so a stalled predecessor can no longer write. */
export type Claim = Readonly<Pick<Task, 'id' | 'attempt' | 'webhookUrl' | 'webhookHost' | 'ttlS'>>;

/** Where a task was run, and by which file. */
export type RunFacts = { readonly provider: string; readonly device: string; readonly weightsSha256: string };

/** What is to be told of a result besides its image. */
export type FinishFacts = {
  readonly warnings: Warning[];
  readonly unknownPixels: number | null;
  readonly mattingMs: number | null;
};

export type Success = {
  readonly image: NewImage;
  readonly cost: string;
  readonly run: RunFacts;
  readonly finish?: FinishFacts;
  readonly stages: StageColumns;
};

type Transaction = Pick<Database, 'task' | 'image' | 'delivery'>;

const held = (claim: Claim) => ({ id: claim.id, attempt: claim.attempt, state: 'running' as const });

/** Takes a task that has not ended; undefined when it has, or does not exist. */
export const claimTask = async (database: Database, id: string): Promise<Task | undefined> => {
  const [claimed] = await database.$queryRaw<{ id: string }[]>`
    UPDATE tasks
       SET stalls = stalls + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
           attempt = attempt + 1, state = 'running', started_at = now()
     WHERE id = ${id}::uuid AND state IN ('queued', 'running')
 RETURNING id`;
  if (!claimed) return undefined;
  return database.task.findUniqueOrThrow({ where: { id } });
};

const expiryOf = ({ ttlS }: Claim) =>
  ttlS === null ? {} : { expiresAt: new Date(Date.now() + ttlS * 1000) };

/** Ends the row, drops its secrets, and writes down whom to tell. */
const endTask = async (
  transaction: Transaction,
  claim: Claim,
  end: Prisma.TaskUpdateManyMutationInput,
): Promise<boolean> => {
  const { count } = await transaction.task.updateMany({
    where: held(claim),
    data: { ...end, finishedAt: new Date(), inputUrl: null, uploadUrl: null, webhookUrl: null },
  });
  if (count === 0) return false;

  const { id: taskId, webhookUrl: url, webhookHost } = claim;
  if (url) await transaction.delivery.create({ data: { taskId, url, host: webhookHost ?? '' } });
  return true;
};

/** @returns false when a later claim holds the task now; then nothing was written */
export const finishTask = (database: Database, claim: Claim, success: Success): Promise<boolean> =>
  database.$transaction(async (transaction) => {
    const end = {
      state: 'succeeded' as const,
      cost: success.cost,
      ...success.run,
      ...success.finish,
      ...success.stages,
    };
    const kept = await endTask(transaction, claim, end);
    if (kept) await putImage(transaction, { ...success.image, ...expiryOf(claim) });
    return kept;
  });

/** @returns false when a later claim holds the task now; then nothing was written */
export const failTask = (
  database: Database,
  claim: Claim,
  problem: StoredProblem,
  stages: StageColumns = {},
): Promise<boolean> =>
  database.$transaction((transaction) =>
    endTask(transaction, claim, { state: 'failed', problem, ...stages }),
  );

/** Gives a task back unfinished, so that its next claim does not count as a vanished one. */
export const releaseTask = async (database: Database, claim: Claim): Promise<void> => {
  await database.task.updateMany({ where: held(claim), data: { state: 'queued' } });
};
