import { holderLives, SUSPECT_STALLS } from './claimants.js';
import type { Database } from './client.js';
import {
  columnsOf,
  hotRows,
  imageFields,
  taskFields,
  toImage,
  toTask,
  withoutWaitForDisk,
} from './hot-query.js';
import { Prisma, type Image, type Task as TaskRow, type TaskStage } from './generated/client.js';

/** A task in hand, and the row of its image once that is stored. */
export type ClaimedTask = TaskRow & { readonly inputImage: Image | null };

/** The process that claims a task. */
export type Claimant = {
  readonly workerId: string;
  /** Whether it has no other task in hand. Only then it gets suspects. */
  readonly isAlone: boolean;
};

/** A task of another worker may be taken once that one is dead. */
const claimable = ({ workerId, isAlone }: Claimant): Prisma.Sql => {
  const mayTake = Prisma.sql`(state = 'queued' OR worker_id = ${workerId}::uuid OR NOT ${holderLives})`;
  if (isAlone) return mayTake;
  return Prisma.sql`${mayTake} AND stalls + CASE WHEN state = 'running' THEN 1 ELSE 0 END < ${SUSPECT_STALLS}`;
};

const nextAttempt = Prisma.sql`
  CASE WHEN attempt > 0 AND started_at IS NULL THEN attempt ELSE attempt + 1 END`;

/**
 * Takes a task in hand. If a crash of Postgres undoes it, the next claim has the same attempt, but another worker.
 * @returns undefined when the task has ended, does not exist, is at another stage, in hand of a worker that lives, or a
 * suspect (see `isSuspect`) and the claimant is not alone
 */
export const claimTask = async (
  database: Database,
  id: string,
  stage: TaskStage = 'device',
  claimant?: Claimant,
): Promise<ClaimedTask | undefined> => {
  const [row] = await hotRows(
    database,
    Prisma.sql`
    WITH claimed AS (UPDATE tasks
       SET stalls = stalls + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
           attempt = ${nextAttempt}, worker_id = ${claimant?.workerId ?? null}::uuid, claimed_attempt = ${nextAttempt},
           runs_alone = ${claimant?.isAlone ?? false},
           state = 'running', started_at = now(), fed_at = coalesce(fed_at, now()),
           checked_at = coalesce(checked_at, now())
     WHERE id = ${id}::uuid AND state IN ('queued', 'running') AND stage = ${stage}::"TaskStage" AND poisoned_at IS NULL
       AND ${claimant ? claimable(claimant) : Prisma.sql`true`} AND ${withoutWaitForDisk}
 RETURNING *)
    SELECT ${columnsOf('claimed', taskFields)}, ${columnsOf('images', imageFields)}
      FROM claimed LEFT JOIN images ON images.id = claimed.input_image_id`,
  );
  return row && { ...toTask(row), inputImage: toImage(row, taskFields.length) };
};

/** Whether a task waits that runs only alone, since claims of it vanished. */
export const isSuspect = async (database: Database, id: string): Promise<boolean> => {
  const [found] = await database.$queryRaw<unknown[]>`
    SELECT 1 FROM tasks
     WHERE id = ${id}::uuid AND poisoned_at IS NULL
       AND (state = 'queued' OR state = 'running' AND NOT ${holderLives})
       AND stalls + CASE WHEN state = 'running' THEN 1 ELSE 0 END >= ${SUSPECT_STALLS}`;
  return found !== undefined;
};
