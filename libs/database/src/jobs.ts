import type { JobFolder } from '#contract';
import type { Database } from './client.js';
import { databaseNow, newId } from './clock.js';
import { nextId } from './cancel.js';
import { hotRows } from './hot-query.js';
import { Prisma, type Job as JobRow, type JobItem as JobItemRow } from './generated/client.js';

export type { JobItemRow, JobRow };

export type NewJob = Pick<
  JobRow,
  'id' | 'ownerId' | 'keyId' | 'jobUuid' | 'payloadHash' | 'options' | 'webhookUrl' | 'webhookHost'
> & { readonly source?: JobFolder | undefined; readonly target?: JobFolder | undefined };
/** One image of a new job. Its place is that in the list. */
export type NewJobItem = Pick<JobItemRow, 'name' | 'source' | 'taskUuid'>;

/** A UUIDv7, from which the UUIDs of a new job's tasks are derived. */
export const newJobId = async (database: Database): Promise<string> => newId(await databaseNow(database));

export const findJob = (database: Database, ownerId: string, jobUuid: string): Promise<JobRow | null> =>
  database.job.findUnique({ where: { ownerId_jobUuid: { ownerId, jobUuid } } });

/** Whether a job was stored; if not, the owner has one of this UUID, or as many open ones as allowed. */
export type Insertion =
  { readonly kind: 'stored' | 'known' } | { readonly kind: 'full'; readonly open: number };

/** Others than those of other counts: see `feed.ts` and `usage.ts`. */
const LOCKS_OF_OWNERS = 72707372;

/** What counts jobs of the owner is done one after the other until the transaction ends. It must be its first statement. */
export const lockOwner = (transaction: Prisma.TransactionClient, ownerId: string) =>
  transaction.$executeRaw`SELECT pg_advisory_xact_lock(${LOCKS_OF_OWNERS}::int, hashtext(${ownerId}))`;

/** Items of one statement. */
const BATCH = 2_000;

const insertItemsOnce = (transaction: Prisma.TransactionClient, jobId: string, items: readonly object[]) =>
  transaction.$executeRaw`
    INSERT INTO job_items (job_id, place, name, source, task_uuid)
    SELECT ${jobId}::uuid, sent.place, sent.name, sent.source, sent."taskUuid"
      FROM json_to_recordset(${JSON.stringify(items)}::json)
        AS sent (place int, name text, source text, "taskUuid" uuid)`;

/** A job of 10,000 images takes half a second, and each waits for those of its owner that came before. */
export const PATIENCE = { maxWait: 30_000, timeout: 60_000 };

/** @param from the place of the first of them */
export const insertItems = async (
  transaction: Prisma.TransactionClient,
  jobId: string,
  items: readonly NewJobItem[],
  from = 0,
): Promise<void> => {
  const placed = items.map((item, i) => ({ ...item, place: from + i }));
  for (let at = 0; at < placed.length; at += BATCH)
    await insertItemsOnce(transaction, jobId, placed.slice(at, at + BATCH));
};

const jsonOf = (folder: JobFolder | undefined): string | null => (folder ? JSON.stringify(folder) : null);

/**
 * Stores a job with its items, unless the owner has a job of this UUID, or `maxOpen` that have not ended. The count holds
 * for jobs that come at once, too.
 */
export const insertJob = (
  database: Database,
  { id, ownerId, keyId, ...job }: NewJob,
  items: readonly NewJobItem[],
  maxOpen: number,
): Promise<Insertion> =>
  database.$transaction(async (transaction) => {
    await lockOwner(transaction, ownerId);
    const known = await transaction.job.count({ where: { ownerId, jobUuid: job.jobUuid } });
    if (known > 0) return { kind: 'known' };
    const open = await transaction.job.count({ where: { ownerId, finishedAt: null } });
    if (open >= maxOpen) return { kind: 'full', open };
    await transaction.$executeRaw`
      INSERT INTO jobs (id, owner_id, key_id, job_uuid, payload_hash, options, webhook_url, webhook_host, source,
                        target, total)
      VALUES (${id}::uuid, ${ownerId}::uuid, ${keyId}::uuid, ${job.jobUuid}::uuid, ${job.payloadHash},
              ${job.options}, ${job.webhookUrl}, ${job.webhookHost}, ${jsonOf(job.source)}::jsonb,
              ${jsonOf(job.target)}::jsonb, ${items.length})`;
    await insertItems(transaction, id, items);
    return { kind: 'stored' };
  }, PATIENCE);

/** The owner's jobs, newest first. @param after id of the last job of the page before */
export const listJobs = (
  database: Database,
  ownerId: string,
  limit: number,
  after?: string,
): Promise<JobRow[]> =>
  database.job.findMany({
    where: { ownerId, ...(after !== undefined && { id: { lt: after } }) },
    orderBy: { id: 'desc' },
    take: limit,
  });

/**
 * Takes the open job that waits longest for a look. Others leave it alone until the lease is over.
 * @returns undefined when none is due
 */
export const takeJob = async (database: Database, leaseMs: number): Promise<JobRow | undefined> => {
  const [taken] = await hotRows(
    database,
    Prisma.sql`
    UPDATE jobs SET look_at = now() + ${leaseMs}::float8 * interval '1 millisecond'
     WHERE id = (SELECT id FROM jobs WHERE finished_at IS NULL AND look_at <= now()
                  ORDER BY look_at LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING id::text`,
  );
  return taken && ((await database.job.findUnique({ where: { id: String(taken[0]) } })) ?? undefined);
};

/** When a job is looked at next. */
export const putOffJob = async (database: Database, id: string, afterMs: number): Promise<void> => {
  await database.$executeRaw`
    UPDATE jobs SET look_at = now() + ${afterMs} * interval '1 millisecond'
     WHERE id = ${id}::uuid AND finished_at IS NULL`;
};

/** Cancels what has not become a task. A gateway then cancels the tasks that wait. @returns whether the job was open */
export const cancelJob = (database: Database, id: string): Promise<boolean> =>
  database.$transaction(async (transaction) => {
    const count = await transaction.$executeRaw`
      UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, now()), look_at = now()
       WHERE id = ${id}::uuid AND finished_at IS NULL`;
    if (count > 0) await cancelWaitingItems(transaction, id);
    return count > 0;
  });

/** Items that no task was made of. */
export const cancelWaitingItems = async (
  database: Database | Prisma.TransactionClient,
  jobId: string,
): Promise<void> => {
  await database.$executeRaw`
    UPDATE job_items SET state = 'cancelled' WHERE job_id = ${jobId}::uuid AND state = 'waiting'`;
};

/** The taskType of the row that tells of a job's end. Deliveries belong to rows of tasks. */
export const JOB_END = 'job';

/**
 * Ends a job whose items are all known, and of which none is open. Its webhook is due from then on.
 * @returns false when an item is open, or another program ended it
 */
export const endJob = async (database: Database, id: string): Promise<boolean> => {
  const ended = await database.$queryRaw<unknown[]>`
    WITH ending AS MATERIALIZED (
      SELECT * FROM jobs
       WHERE id = ${id}::uuid AND finished_at IS NULL AND (source IS NULL OR listed_at IS NOT NULL)
         AND NOT EXISTS (SELECT FROM job_items WHERE job_id = jobs.id AND state IN ('waiting', 'taken'))
         FOR UPDATE
    ), ended AS (
      UPDATE jobs SET finished_at = now(), webhook_url = NULL FROM ending WHERE jobs.id = ending.id
   RETURNING ending.*
    ), record AS (
      INSERT INTO tasks (id, owner_id, key_id, task_uuid, revision, task_type, task_uuid_sent, request, payload_hash,
                         state, input_image_id, output_image_id, started_at, finished_at)
      SELECT ${nextId}, owner_id, key_id, job_uuid,
             1 + coalesce((SELECT max(revision) FROM tasks
                            WHERE tasks.owner_id = ended.owner_id AND task_uuid = ended.job_uuid), 0),
             ${JOB_END}, job_uuid::text, jsonb_build_object('jobId', id), payload_hash, 'succeeded', id, id, now(), now()
        FROM ended WHERE webhook_url IS NOT NULL
   RETURNING id
    ), told AS (
      INSERT INTO deliveries (id, task_id, url, host)
      SELECT record.id, record.id, webhook_url, coalesce(webhook_host, '') FROM record, ended
    )
    SELECT id FROM ended`;
  return ended.length > 0;
};
