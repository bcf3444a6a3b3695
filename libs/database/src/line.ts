import type { Database } from './client.js';
import { byOwner, byUrgency, hasJob, SYNC_BEFORE_ASYNC, waits, type RemoteStage } from './feed.js';
import { Prisma } from './generated/client.js';

/** Tasks of a line that are counted. */
export const MAX_COUNTED = 1_000;

/** Places are interleaved as the feeder does it, so they are right to within a few tasks. */
const interleave = (sync: readonly string[], others: readonly string[]): string[] => {
  const order: string[] = [];
  for (let at = 0, other = 0; at < sync.length || other < others.length; at += SYNC_BEFORE_ASYNC) {
    order.push(...sync.slice(at, at + SYNC_BEFORE_ASYNC));
    if (other < others.length) order.push(others[other++] ?? '');
    if (at >= sync.length) {
      order.push(...others.slice(other));
      break;
    }
  }
  return order;
};

type Row = { readonly taskId: string; readonly part: 'fed' | 'sync' | 'other' };

const idsOf = (rows: readonly Row[], part: Row['part']) =>
  rows.flatMap((row) => (row.part === part ? row.taskId : []));

/**
 * Ids of the owner's tasks that wait for a model's device, next ones first; at most about `MAX_COUNTED`. The texts of
 * ids have another name than the ids, by which the index orders.
 */
export const deviceLine = async (database: Database, ownerId: string, model: string): Promise<string[]> => {
  const owned = Prisma.sql`owner_id = ${ownerId}::uuid AND stage = 'device' AND model = ${model}`;
  const waiting = (isSync: boolean, part: Row['part']) => Prisma.sql`
    (SELECT id::text AS "taskId", ${part} AS part FROM tasks
      WHERE ${waits} AND ${owned} AND is_sync = ${Prisma.raw(`${isSync}`)} ORDER BY ${byUrgency} LIMIT ${MAX_COUNTED})`;
  const rows = await database.$queryRaw<Row[]>`
    (SELECT id::text AS "taskId", 'fed' AS part FROM tasks
      WHERE ${hasJob} AND state = 'queued' AND ${owned} ORDER BY fed_at, id LIMIT ${MAX_COUNTED})
    UNION ALL ${waiting(true, 'sync')} UNION ALL ${waiting(false, 'other')}`;
  return [...idsOf(rows, 'fed'), ...interleave(idsOf(rows, 'sync'), idsOf(rows, 'other'))];
};

/** Ids of the owner's tasks that wait for a fetch or an upload, next ones first; at most twice `MAX_COUNTED`. */
export const remoteLine = async (
  database: Database,
  ownerId: string,
  stage: RemoteStage,
): Promise<string[]> => {
  const owned = Prisma.sql`owner_id = ${ownerId}::uuid AND stage = ${stage}::"TaskStage"`;
  const rows = await database.$queryRaw<{ taskId: string }[]>`
    (SELECT id::text AS "taskId" FROM tasks
      WHERE ${hasJob} AND state = 'queued' AND ${owned} ORDER BY fed_at, id LIMIT ${MAX_COUNTED})
    UNION ALL
    (SELECT id::text AS "taskId" FROM tasks
      WHERE ${waits} AND stage <> 'device' AND ${owned} ORDER BY is_sync DESC, ${byUrgency} LIMIT ${MAX_COUNTED})`;
  return rows.map(({ taskId }) => taskId);
};

/** How fast a model's tasks end, and whose tasks wait for it. */
export type Pace = {
  /** Ends per second within the last minute; 0 when there was none. */
  readonly perSecond: number;
  /** Shares of the owners that wait, by owner. */
  readonly shares: ReadonlyMap<string, number>;
};

/** The window begins with the first of its tasks, so that an idle time before it does not count. */
export const paceOf = async (database: Database, model: string): Promise<Pace> => {
  const waitsHere = Prisma.sql`${waits} AND stage = 'device' AND model = ${model}`;
  const [[ends], owners] = await Promise.all([
    database.$queryRaw<{ count: number; seconds: number | null }[]>`
      SELECT count(*)::int AS count, least(60, extract(epoch FROM now() - min(started_at)))::float AS seconds FROM tasks
       WHERE model = ${model} AND started_at IS NOT NULL AND finished_at > now() - interval '60 seconds'`,
    database.$queryRaw<{ id: string; share: number }[]>`
      WITH RECURSIVE lines AS (
        (SELECT owner_id FROM tasks WHERE ${waitsHere} ORDER BY ${byOwner} LIMIT 1)
        UNION ALL
        SELECT (SELECT owner_id FROM tasks WHERE ${waitsHere} AND owner_id > lines.owner_id ORDER BY ${byOwner} LIMIT 1)
          FROM lines WHERE owner_id IS NOT NULL
      )
      SELECT id::text, share FROM lines JOIN api_keys ON id = owner_id`,
  ]);
  const perSecond = ends?.seconds ? ends.count / ends.seconds : 0;
  return { perSecond, shares: new Map(owners.map(({ id, share }) => [id, share])) };
};
