import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { DeliveryState, TaskState } from './generated/client.js';

/** Ids are UUIDv7 and start with the time, so the rows of a day are a range of the primary key. */
export const firstIdSince = (ms: number): string => {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
};

const DAY_MS = 24 * 60 * 60 * 1000;
const dayAgo = async (database: Database) => firstIdSince((await databaseNow(database)).getTime() - DAY_MS);

export type OutcomeCount = {
  readonly model: string;
  readonly state: TaskState;
  /** Null unless the tasks failed. */
  readonly code: string | null;
  readonly tasks: number;
};

/** Counts the tasks of the last day by model, state and problem. */
export const outcomesOfTheDay = async (database: Database): Promise<OutcomeCount[]> =>
  database.$queryRaw<OutcomeCount[]>`
    SELECT model, state, problem ->> 'code' AS code, count(*)::int AS tasks
      FROM tasks
     WHERE id >= ${await dayAgo(database)}::uuid AND model IS NOT NULL
     GROUP BY 1, 2, 3
     ORDER BY 1, 2, 3`;

/** The waiting tasks of one key. */
export type Backlog = {
  readonly ownerId: string;
  readonly name: string;
  readonly tasks: number;
  readonly oldestSeconds: number;
};

/** The keys with the most waiting tasks. */
export const backlogs = (database: Database, limit: number): Promise<Backlog[]> =>
  database.$queryRaw<Backlog[]>`
    SELECT owner_id::text AS "ownerId", name, tasks, extract(epoch FROM now() - oldest)::float AS "oldestSeconds"
      FROM (SELECT owner_id, count(*)::int AS tasks, min(created_at) AS oldest FROM tasks
             WHERE state = 'queued' GROUP BY owner_id ORDER BY 2 DESC LIMIT ${limit}) AS waiting
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
};

/** Failed, stopped and retried deliveries, latest first. */
export const troubledDeliveries = (database: Database, limit: number): Promise<TroubledDelivery[]> =>
  database.$queryRaw<TroubledDelivery[]>`
    SELECT deliveries.id, task_id AS "taskId", host, state::text AS state, attempts,
           next_attempt_at AS "nextAttemptAt", ended_at AS "endedAt",
           state = 'failed' AND url IS NOT NULL AS "canReplay",
           last.status AS "lastStatus", last.error AS "lastError"
      FROM deliveries
      LEFT JOIN LATERAL (SELECT status, error FROM delivery_attempts
                          WHERE delivery_id = deliveries.id ORDER BY id DESC LIMIT 1) AS last ON true
     WHERE state = 'failed' OR state = 'stopped' OR state = 'pending' AND attempts > 0
     ORDER BY deliveries.id DESC
     LIMIT ${limit}`;

/**
 * Restarts a failed delivery with all its attempts.
 * @returns false when the delivery has not failed, or its address was dropped
 */
export const replayDelivery = async (database: Database, id: string): Promise<boolean> => {
  const { count } = await database.delivery.updateMany({
    where: { id, state: 'failed', url: { not: null } },
    data: { state: 'pending', attempts: 0, nextAttemptAt: await databaseNow(database), endedAt: null },
  });
  return count > 0;
};

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
