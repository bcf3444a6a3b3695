import type { Database } from './client.js';
import { hotRows, withoutWaitForDisk } from './hot-query.js';
import { Prisma, type TaskStage } from './generated/client.js';

export type { TaskStage };

/** A stage that asks an address of the caller, and needs no device. */
export type RemoteStage = Exclude<TaskStage, 'device'>;

/** Tasks with a waiting caller that go before one without, within an owner. */
export const SYNC_BEFORE_ASYNC = 4;

/**
 * Jobs that a queue holds beside those that run, for each slot and rounded up: few, since a newcomer waits behind them, but enough for
 * a slot not to wait for the next feed. Without a worker a queue holds two.
 */
const SPARE_JOBS = 0.25;

/** Fetches, and as many uploads, that one worker has in hand. */
export const REMOTE_SLOTS = 16;

/** What came of one feed of a lane. */
export type Fed = {
  /** Tasks that now have a place in the queue, first ones first. Their jobs must be added. */
  readonly taskIds: string[];
  /** The same tasks, with how often each came back to the line. */
  readonly jobs: readonly { readonly taskId: string; readonly returns: number }[];
  /** Whether another feeder was at this lane, so that nothing was looked at. */
  readonly isBusy: boolean;
};

/** The latest that a worker may have been seen to count. */
export const warmWorkers = Prisma.sql`workers WHERE last_seen_at > now() - interval '10 seconds'`;
/** The indexes of tasks that have not ended name finished_at, so each query of them must do so too. */
export const hasJob = Prisma.sql`finished_at IS NULL AND fed_at IS NOT NULL`;
export const waits = Prisma.sql`finished_at IS NULL AND state = 'queued' AND fed_at IS NULL AND wait_until IS NULL`;
/** A pause that is over, after a trouble of ours. */
export const pauseIsOver = Prisma.sql`finished_at IS NULL AND state = 'queued' AND wait_until IS NOT NULL AND wait_until <= now()`;
/** How often a task came back to the line, after its worker vanished or a trouble of ours passed. */
export const returns = Prisma.sql`stalls + waits AS returns`;
/** Among tasks of one owner: the urgent first, then the oldest. Ids count up with time. */
export const byUrgency = Prisma.sql`priority DESC, deadline_at, id`;
/**
 * By owner, in the whole order of the index of the line. By the owner alone, a plan may walk the index of all tasks that
 * have not ended, and read those of every other model.
 */
export const byOwner = Prisma.sql`owner_id, is_sync, ${byUrgency}`;

/** The same for fetches and uploads. */
export const byHost = Prisma.sql`owner_id, remote_host, is_sync DESC, ${byUrgency}`;

const toFed = (rows: readonly (readonly unknown[])[]): Fed => {
  const fed = rows as readonly (readonly [string | null, number])[];
  const jobs = fed.flatMap(([taskId, returns]) => (taskId === null ? [] : [{ taskId, returns }]));
  return { jobs, taskIds: jobs.map(({ taskId }) => taskId), isBusy: rows.length === 0 };
};

/**
 * Takes the lane's lock until the statement ends. Feeders that overlap all the same feed no task twice. A feed that a crash
 * of Postgres undoes is made again.
 */
const lockOf = (lane: string) =>
  Prisma.sql`pg_try_advisory_xact_lock(72707370, hashtext(${lane})) AND ${withoutWaitForDisk}`;

/**
 * Gives waiting tasks of a model their places in its queue, as far as its workers have room, by weighted fair queueing
 * over owners. An owner's next task starts where its last one ended, in units of 1 / share, or at the line's clock if it
 * had nothing to do meanwhile; the lowest start is next (Goyal, Vin, Cheng: Start-time Fair Queueing, 1996).
 */
export const feedDevice = async (database: Database, model: string): Promise<Fed> => {
  const waitsHere = Prisma.sql`${waits} AND stage = 'device' AND model = ${model}`;
  const ofOwner = (isSync: boolean) => Prisma.sql`
    (SELECT id, is_sync, row_number() OVER (ORDER BY ${byUrgency}) AS n FROM tasks
      WHERE ${waitsHere} AND owner_id = next_owners.owner_id AND is_sync = ${Prisma.raw(`${isSync}`)}
      ORDER BY ${byUrgency} LIMIT (SELECT places FROM room))`;
  const rows = await hotRows(
    database,
    Prisma.sql`
    WITH RECURSIVE room AS MATERIALIZED (
      SELECT greatest(0, (SELECT ceil(coalesce(sum(slots), 1) * (1 + ${SPARE_JOBS}::float))::int FROM ${warmWorkers} AND ${model} = ANY(models))
             - (SELECT count(*) FROM tasks WHERE ${hasJob} AND stage = 'device' AND model = ${model})) AS places
       WHERE ${lockOf(model)}
    ), lines AS (
      (SELECT owner_id FROM tasks WHERE ${waitsHere} AND (SELECT places FROM room) > 0 ORDER BY ${byOwner} LIMIT 1)
      UNION ALL
      SELECT (SELECT owner_id FROM tasks WHERE ${waitsHere} AND owner_id > lines.owner_id ORDER BY ${byOwner} LIMIT 1)
        FROM lines WHERE owner_id IS NOT NULL
    ), clock AS (
      SELECT coalesce(max(turn - 1 / share), 0) AS now FROM turns JOIN api_keys ON id = owner_id WHERE model = ${model}
    ), next_owners AS (
      SELECT lines.owner_id, share, greatest(coalesce(turn, 0), clock.now) AS start, coalesce(sync_run, 0) AS sync_run
        FROM lines JOIN api_keys ON api_keys.id = owner_id CROSS JOIN clock
        LEFT JOIN turns ON turns.owner_id = lines.owner_id AND turns.model = ${model}
       ORDER BY 3, 1 LIMIT (SELECT places FROM room)
    ), candidates AS (
      SELECT own.id, owner_id, share, sync_run, is_sync, start,
             row_number() OVER (PARTITION BY owner_id ORDER BY
               CASE WHEN is_sync THEN n ELSE n * ${SYNC_BEFORE_ASYNC}::int - sync_run END, is_sync DESC) AS nth
        FROM next_owners CROSS JOIN LATERAL (${ofOwner(true)} UNION ALL ${ofOwner(false)}) AS own
    ), chosen AS MATERIALIZED (
      SELECT *, start + (nth - 1) / share AS tag FROM candidates
       ORDER BY tag, is_sync DESC, id LIMIT (SELECT places FROM room)
    ), fed AS (
      UPDATE tasks SET fed_at = now(), checked_at = now() FROM chosen
       WHERE tasks.id = chosen.id AND tasks.state = 'queued' AND tasks.fed_at IS NULL
   RETURNING tasks.id, ${returns}, tag
    ), moved AS (
      INSERT INTO turns (model, owner_id, turn, sync_run)
      SELECT ${model}, owner_id, max(tag) + 1 / share,
             least(${SYNC_BEFORE_ASYNC}::int, CASE WHEN bool_and(is_sync) THEN sync_run + count(*)
               ELSE count(*) FILTER (WHERE nth > last_async) END)
        FROM (SELECT *, max(nth) FILTER (WHERE NOT is_sync) OVER (PARTITION BY owner_id) AS last_async FROM chosen) AS c
       GROUP BY owner_id, share, sync_run
          ON CONFLICT (model, owner_id) DO UPDATE SET turn = excluded.turn, sync_run = excluded.sync_run
    )
    SELECT fed.id, fed.returns FROM room LEFT JOIN fed ON true ORDER BY tag`,
  );
  return toFed(rows);
};

/**
 * Gives waiting fetches or uploads their places. The owner with the fewest in hand for its share is next. One host gets
 * at most half of all places and one owner three quarters, so that addresses that do not answer hold up only their own.
 */
export const feedRemote = async (database: Database, stage: RemoteStage): Promise<Fed> => {
  const waitsHere = Prisma.sql`${waits} AND stage <> 'device' AND stage = ${stage}::"TaskStage"`;
  const rows = await hotRows(
    database,
    Prisma.sql`
    WITH RECURSIVE busy AS MATERIALIZED (
      SELECT owner_id, remote_host FROM tasks WHERE ${hasJob} AND stage = ${stage}::"TaskStage"
    ), room AS MATERIALIZED (
      SELECT total, greatest(0, total - (SELECT count(*) FROM busy)) AS places
        FROM (SELECT ${REMOTE_SLOTS}::int * greatest(1, count(*)) AS total FROM ${warmWorkers}) AS workers
       WHERE ${lockOf(stage)}
    ), lines AS (
      (SELECT owner_id, remote_host FROM tasks
        WHERE ${waitsHere} AND (SELECT places FROM room) > 0 ORDER BY ${byHost} LIMIT 1)
      UNION ALL
      SELECT following.* FROM lines CROSS JOIN LATERAL (
        SELECT owner_id, remote_host FROM tasks
         WHERE ${waitsHere} AND (owner_id, remote_host) > (lines.owner_id, lines.remote_host)
         ORDER BY ${byHost} LIMIT 1) AS following
    ), candidates AS (
      SELECT own.id, own.n, owner_id, remote_host, share, is_sync, priority, deadline_at,
             (SELECT count(*) FROM busy WHERE busy.owner_id = lines.owner_id) AS of_owner,
             (SELECT count(*) FROM busy WHERE busy.remote_host = lines.remote_host) AS of_host
        FROM lines JOIN api_keys ON api_keys.id = owner_id CROSS JOIN LATERAL (
          SELECT id, is_sync, priority, deadline_at, row_number() OVER (ORDER BY is_sync DESC, ${byUrgency}) AS n
            FROM tasks
           WHERE ${waitsHere} AND owner_id = lines.owner_id AND remote_host = lines.remote_host
           ORDER BY is_sync DESC, ${byUrgency} LIMIT (SELECT places FROM room)) AS own
    ), within_host AS (
      SELECT *, of_host + row_number() OVER (PARTITION BY remote_host ORDER BY (of_owner + n) / share, is_sync DESC, id)
                <= ceil(total * 0.5) AS host_has_room
        FROM candidates CROSS JOIN room
    ), within_owner AS (
      SELECT *, of_owner + row_number() OVER (PARTITION BY owner_id ORDER BY is_sync DESC, ${byUrgency}) AS nth
        FROM within_host WHERE host_has_room
    ), chosen AS MATERIALIZED (
      SELECT id, nth / share AS tag FROM within_owner WHERE nth <= ceil(total * 0.75)
       ORDER BY tag, is_sync DESC, id LIMIT (SELECT places FROM room)
    ), fed AS (
      UPDATE tasks SET fed_at = now(), checked_at = now() FROM chosen
       WHERE tasks.id = chosen.id AND tasks.state = 'queued' AND tasks.fed_at IS NULL
   RETURNING tasks.id, ${returns}, tag
    )
    SELECT fed.id, fed.returns FROM room LEFT JOIN fed ON true ORDER BY tag`,
  );
  return toFed(rows);
};

/** Lets the tasks wait for a place again whose pause is over. */
export const endPauses = async (database: Database): Promise<void> => {
  await database.$executeRaw`UPDATE tasks SET wait_until = NULL WHERE ${pauseIsOver}`;
};

/** The lanes in which tasks wait: models, `fetch` and `upload`. */
export const waitingLanes = async (database: Database): Promise<string[]> => {
  const rows = await database.$queryRaw<{ lane: string }[]>`
    WITH RECURSIVE models AS (
      (SELECT model FROM tasks WHERE ${waits} AND stage = 'device' ORDER BY model LIMIT 1)
      UNION ALL
      SELECT (SELECT model FROM tasks WHERE ${waits} AND stage = 'device' AND model > models.model ORDER BY model LIMIT 1)
        FROM models WHERE model IS NOT NULL
    )
    SELECT model AS lane FROM models WHERE model IS NOT NULL
    UNION ALL
    SELECT stage::text FROM unnest('{fetch,upload}'::"TaskStage"[]) AS stage
     WHERE EXISTS (SELECT FROM tasks WHERE ${waits} AND tasks.stage <> 'device' AND tasks.stage = stage.stage)`;
  return rows.map(({ lane }) => lane);
};
