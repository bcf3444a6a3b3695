import type { Database } from './client.js';
import { Prisma } from './generated/client.js';

/** Of 1,048,576 pixels each, like MAX_IMAGE_MEGAPIXELS. */
const PIXELS_OF_MEGAPIXEL = 1_048_576;

/**
 * The insert of what an ended task came to. Only success costs.
 * @param task the name of its row in what follows
 * @param pixels of its result; null when there is none
 */
export const usageOf = (task: 'tasks' | 'ended', pixels: Prisma.Sql): Prisma.Sql => {
  const row = Prisma.raw(task);
  return Prisma.sql`
    INSERT INTO usage_entries (owner_id, key_id, model, is_failed, cost, megapixels, code)
    SELECT ${row}.owner_id, coalesce(${row}.key_id, ${row}.owner_id), coalesce(${row}.model, ''), ${row}.state = 'failed',
           CASE WHEN ${row}.state = 'succeeded' THEN coalesce(${row}.cost, 0) ELSE 0 END,
           coalesce(${pixels} / ${PIXELS_OF_MEGAPIXEL}::int, 0), ${row}.problem ->> 'code'`;
};

/** Writes down what an ended task came to, in the transaction that ends it. */
export const recordUsage = async (
  transaction: Pick<Database, '$executeRaw'>,
  taskId: string,
): Promise<void> => {
  await transaction.$executeRaw`${usageOf('tasks', Prisma.sql`images.width::float8 * images.height`)}
      FROM tasks LEFT JOIN images ON images.id = tasks.output_image_id
     WHERE tasks.id = ${taskId}::uuid AND state IN ('succeeded', 'failed')`;
};

/**
 * Counts the oldest entries into days and into the hours of their outcomes, and deletes them. One statement, so that a reader sees each entry once.
 * @returns how many; none while another dispatcher is at it
 */
export const foldUsage = async (database: Database, limit: number): Promise<number> => {
  const [folded] = await database.$queryRaw<{ entries: number }[]>`
    WITH lock AS MATERIALIZED (
      SELECT pg_try_advisory_xact_lock(72707371, 1) AS is_mine
    ), oldest AS (
      SELECT id FROM usage_entries WHERE (SELECT is_mine FROM lock) ORDER BY id LIMIT ${limit}
    ), counted AS (
      DELETE FROM usage_entries USING oldest WHERE usage_entries.id = oldest.id RETURNING usage_entries.*
    ), folded AS (
      INSERT INTO usage_days AS days (day, key_id, model, owner_id, tasks, failed, cost, megapixels)
      SELECT (at AT TIME ZONE 'UTC')::date, key_id, model, (array_agg(owner_id))[1], count(*),
             count(*) FILTER (WHERE is_failed), sum(cost), sum(megapixels)
        FROM counted GROUP BY 1, 2, 3
          ON CONFLICT (day, key_id, model) DO UPDATE
             SET tasks = days.tasks + excluded.tasks, failed = days.failed + excluded.failed,
                 cost = days.cost + excluded.cost, megapixels = days.megapixels + excluded.megapixels
    ), told AS (
      INSERT INTO outcome_hours AS hours (hour, model, is_failed, code, tasks)
      SELECT date_trunc('hour', at, 'UTC'), model, is_failed, coalesce(code, ''), count(*)
        FROM counted GROUP BY 1, 2, 3, 4
          ON CONFLICT (hour, model, is_failed, code) DO UPDATE SET tasks = hours.tasks + excluded.tasks
    )
    SELECT count(*)::int AS entries FROM counted`;
  return folded?.entries ?? 0;
};

/** Days and the entries that are not counted into them yet. */
const allUsage = Prisma.sql`(
  SELECT day, owner_id, key_id, model, tasks, failed, cost, megapixels FROM usage_days
  UNION ALL
  SELECT (at AT TIME ZONE 'UTC')::date, owner_id, key_id, model, 1, is_failed::int, cost, megapixels
    FROM usage_entries)`;

/**
 * USD that a key has spent in this calendar month in UTC, and what its tasks in flight may cost at most.
 */
export const spentThisMonth = async (database: Database, ownerId: string, keyId: string): Promise<number> => {
  const month = Prisma.sql`date_trunc('month', now() AT TIME ZONE 'UTC')`;
  const [spent] = await database.$queryRaw<{ usd: number }[]>`
    SELECT ((SELECT coalesce(sum(cost), 0) FROM usage_days WHERE key_id = ${keyId}::uuid AND day >= ${month})
          + (SELECT coalesce(sum(cost), 0) FROM usage_entries
              WHERE key_id = ${keyId}::uuid AND at >= ${month} AT TIME ZONE 'UTC')
          + (SELECT coalesce(sum(estimate), 0) FROM tasks
              WHERE owner_id = ${ownerId}::uuid AND key_id = ${keyId}::uuid AND finished_at IS NULL)
           )::float8 AS usd`;
  return spent?.usd ?? 0;
};

/** By what usage is summed up. */
export type UsageColumn = 'day' | 'key' | 'model';

export type UsageRow = {
  /** YYYY-MM-DD, in UTC. */
  readonly day?: string;
  /** The name of the key. */
  readonly key?: string;
  readonly model?: string;
  /** Tasks that ended, failed ones included. */
  readonly tasks: number;
  readonly failed: number;
  readonly costUsd: number;
  readonly megapixels: number;
};

type UsageFilter = {
  readonly by: readonly UsageColumn[];
  /** The first and the last day, YYYY-MM-DD in UTC. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly keyName?: string | undefined;
  readonly ownerId?: string | undefined;
};

const columns: Readonly<Record<UsageColumn, Prisma.Sql>> = {
  day: Prisma.sql`usage.day::text`,
  key: Prisma.sql`coalesce(api_keys.name, usage.key_id::text)`,
  model: Prisma.sql`usage.model`,
};

/** What ended tasks came to, summed up by these columns and in their order. */
export const findUsage = (
  database: Database,
  { by, from, to, keyName, ownerId }: UsageFilter,
): Promise<UsageRow[]> => {
  const groups = by.map((name) => Prisma.sql`${columns[name]} AS ${Prisma.raw(`"${name}"`)}, `);
  const places = by.map((_, i) => Prisma.raw(`${i + 1}`));
  const order =
    places.length > 0
      ? Prisma.sql`GROUP BY ${Prisma.join(places)} ORDER BY ${Prisma.join(places)}`
      : Prisma.empty;
  const conditions = [
    Prisma.sql`true`,
    ...(from === undefined ? [] : [Prisma.sql`usage.day >= ${from}::date`]),
    ...(to === undefined ? [] : [Prisma.sql`usage.day <= ${to}::date`]),
    ...(keyName === undefined ? [] : [Prisma.sql`api_keys.name = ${keyName}`]),
    ...(ownerId === undefined ? [] : [Prisma.sql`usage.owner_id = ${ownerId}::uuid`]),
  ];
  return database.$queryRaw<UsageRow[]>`
    SELECT ${Prisma.join(groups.length > 0 ? groups : [Prisma.empty], '')}
           coalesce(sum(tasks), 0)::int AS tasks, coalesce(sum(failed), 0)::int AS failed,
           coalesce(sum(cost), 0)::float8 AS "costUsd", coalesce(sum(megapixels), 0)::float8 AS megapixels
      FROM ${allUsage} AS usage LEFT JOIN api_keys ON api_keys.id = usage.key_id
     WHERE ${Prisma.join(conditions, ' AND ')} ${order}`;
};
