import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { DeliveryState, TaskState } from './generated/client.js';

/** Ids are UUIDv7 and start with the time, so the rows of a day are a range of the primary key. */
export const firstIdSince = (ms: number): string => {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
};

const DAY_MS = 24 * 60 * 60 * 1000;

export type OutcomeCount = {
  readonly model: string;
  readonly state: Extract<TaskState, 'succeeded' | 'failed'>;
  /** Null unless the tasks failed. */
  readonly code: string | null;
  readonly tasks: number;
};

/** Tasks that ended within the last 24 full hours and this one, by model, state and problem. */
export const outcomesOfTheDay = (database: Database): Promise<OutcomeCount[]> =>
  database.$queryRaw<OutcomeCount[]>`
    SELECT model, CASE WHEN is_failed THEN 'failed' ELSE 'succeeded' END AS state, nullif(code, '') AS code,
           sum(tasks)::int AS tasks
      FROM (SELECT model, is_failed, code, tasks FROM outcome_hours
             WHERE hour >= date_trunc('hour', now(), 'UTC') - interval '24 hours'
            UNION ALL
            SELECT model, is_failed, coalesce(code, ''), 1 FROM usage_entries) AS outcomes
     WHERE model <> ''
     GROUP BY 1, 2, 3
     ORDER BY 1, 2, 3`;

/** The tasks of one owner that wait or run. */
export type Backlog = {
  readonly ownerId: string;
  readonly name: string;
  /** Those that wait. */
  readonly tasks: number;
  readonly running: number;
  readonly oldestSeconds: number;
};

/** The owners with the most waiting tasks, each by the name of its first key. */
export const backlogs = (database: Database, limit: number): Promise<Backlog[]> =>
  database.$queryRaw<Backlog[]>`
    SELECT owner_id::text AS "ownerId", name, tasks, extract(epoch FROM now() - oldest)::float AS "oldestSeconds",
           (SELECT count(*)::int FROM tasks
             WHERE finished_at IS NULL AND state = 'running' AND tasks.owner_id = waiting.owner_id) AS running
      FROM (SELECT owner_id, count(*)::int AS tasks, min(created_at) AS oldest FROM tasks
             WHERE finished_at IS NULL AND state = 'queued' GROUP BY owner_id ORDER BY 2 DESC LIMIT ${limit}) AS waiting
      JOIN api_keys ON id = owner_id
     ORDER BY tasks DESC`;

export type TroubledDelivery = {
  readonly id: string;
  readonly taskId: string;
  readonly host: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly endedAt: Date | null;
  readonly canReplay: boolean;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  /** Its latest attempts, oldest first. Null: none has ended. */
  readonly log:
    | readonly {
        readonly at: string;
        readonly ms: number;
        readonly status: number | null;
        readonly error: string | null;
      }[]
    | null;
};

/** Failed, stopped and retried deliveries, latest first. */
export const troubledDeliveries = (database: Database, limit: number): Promise<TroubledDelivery[]> =>
  database.$queryRaw<TroubledDelivery[]>`
    SELECT deliveries.id, task_id AS "taskId", host, state::text AS state, attempts,
           next_attempt_at AS "nextAttemptAt", ended_at AS "endedAt",
           state = 'failed' AND url IS NOT NULL AS "canReplay",
           last.status AS "lastStatus", last.error AS "lastError", latest.log
      FROM deliveries
      LEFT JOIN LATERAL (SELECT status, error FROM delivery_attempts
                          WHERE delivery_id = deliveries.id ORDER BY id DESC LIMIT 1) AS last ON true
      LEFT JOIN LATERAL (SELECT json_agg(json_build_object('at', at, 'ms', ms, 'status', status, 'error', error) ORDER BY id) AS log
                           FROM (SELECT * FROM delivery_attempts WHERE delivery_id = deliveries.id
                                  ORDER BY id DESC LIMIT 20) AS attempts) AS latest ON true
     WHERE state = 'failed' OR state = 'stopped' OR state = 'pending' AND attempts > 0
     ORDER BY deliveries.id DESC
     LIMIT ${limit}`;

/** How long a failed delivery keeps its sealed address, so that it can be replayed. */
const REPLAY_DAYS = 7;

/** Drops the addresses of deliveries that can no longer be replayed. */
export const forgetFailedAddresses = async (database: Database): Promise<number> => {
  const now = await databaseNow(database);
  const endedAt = { lt: new Date(now.getTime() - REPLAY_DAYS * DAY_MS) };
  const { count } = await database.delivery.updateMany({
    where: { state: 'failed', url: { not: null }, endedAt },
    data: { url: null },
  });
  return count;
};

/** Leaves the host alone of addresses in errors that former releases stored, since their paths may be secrets. */
export const shortenStoredErrors = async (database: Database): Promise<void> => {
  await database.$executeRaw`
    UPDATE delivery_attempts SET error = regexp_replace(error, '(https?://[^/\\s]+)/\\S*', '\\1', 'g')
     WHERE error LIKE '%://%/%'`;
};
