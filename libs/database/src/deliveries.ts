import type { Database } from './client.js';
import { databaseNow, newId } from './clock.js';
import { hotRows } from './hot-query.js';
import { Prisma, type Delivery, type DeliveryState } from './generated/client.js';

/** A delivery to send now. `attempts` includes this attempt and fences the writes that follow. */
export type DueDelivery = Pick<Delivery, 'id' | 'taskId' | 'host' | 'attempts'> & {
  readonly ownerId: string;
  readonly url: string;
  /** Seconds since 1970, by the clock of the database: when this attempt was taken. */
  readonly takenAtS: number;
};

type Counts = Readonly<Record<string, number>>;

/** The deliveries that a dispatcher has in hand, and the endpoints (`owner host:port`) that it had trouble with. */
export type InHand = {
  readonly byEndpoint: Counts;
  /** By host name. */
  readonly byName: Counts;
  readonly byOwner: Counts;
  /** Endpoints that are not asked now. */
  readonly closed: readonly string[];
  /** Endpoints that are asked by one delivery at a time. */
  readonly probed: readonly string[];
};

type TakeOptions = {
  readonly limit: number;
  readonly inHand: InHand;
  /** Time for one attempt. Without a result by then, the delivery becomes due again. */
  readonly leaseMs: number;
};

/** Deliveries at once of one dispatcher. An owner gets less than a host name, so that others reach the same host. */
export const DELIVERY_LIMITS = { endpoint: 4, owner: 16, name: 24 } as const;

type TakenRow = [string, string, string, string, number, string, number];

/**
 * Takes due deliveries, with limits per endpoint of an owner, host name and owner. The owner with the fewest in hand is next, then
 * the longest due. Concurrent dispatchers never take the same one.
 */
export const takeDueDeliveries = async (
  database: Database,
  { limit, inHand, leaseMs }: TakeOptions,
): Promise<DueDelivery[]> => {
  const countOf = (counts: Counts, key: Prisma.Sql) =>
    Prisma.sql`coalesce((${JSON.stringify(counts)}::jsonb ->> ${key})::int, 0)`;
  const rows = await hotRows(
    database,
    Prisma.sql`
    WITH candidates AS (
      SELECT deliveries.id, host, regexp_replace(host, ':[0-9]+$', '') AS name, owner_id::text AS owner,
             owner_id::text || ' ' || host AS endpoint, attempts, next_attempt_at
        FROM deliveries JOIN tasks ON tasks.id = task_id
       WHERE deliveries.state = 'pending' AND next_attempt_at <= now() AND owner_id::text || ' ' || host <> ALL(${[...inHand.closed]}::text[])),
    at_endpoint AS (
      SELECT *, row_number() OVER (PARTITION BY endpoint ORDER BY attempts, next_attempt_at) + ${countOf(inHand.byEndpoint, Prisma.sql`endpoint`)}
             <= CASE WHEN endpoint = ANY(${[...inHand.probed]}::text[]) THEN 1 ELSE ${DELIVERY_LIMITS.endpoint}::int END AS fits
        FROM candidates),
    of_owner AS (
      SELECT *, row_number() OVER (PARTITION BY owner ORDER BY next_attempt_at) + ${countOf(inHand.byOwner, Prisma.sql`owner`)} AS nth
        FROM at_endpoint WHERE fits),
    at_name AS (
      SELECT *, row_number() OVER (PARTITION BY name ORDER BY nth, next_attempt_at) + ${countOf(inHand.byName, Prisma.sql`name`)} AS place
        FROM of_owner WHERE nth <= ${DELIVERY_LIMITS.owner}::int),
    due AS MATERIALIZED (
      SELECT deliveries.id, owner
        FROM deliveries JOIN at_name USING (id)
       WHERE state = 'pending' AND deliveries.next_attempt_at <= now() AND place <= ${DELIVERY_LIMITS.name}::int
       ORDER BY nth, deliveries.next_attempt_at
       LIMIT ${limit}::int
         FOR UPDATE OF deliveries SKIP LOCKED)
    UPDATE deliveries
       SET attempts = attempts + 1, next_attempt_at = now() + ${leaseMs}::float8 * interval '1 millisecond'
      FROM due
     WHERE deliveries.id = due.id
 RETURNING deliveries.id, task_id, url, host, attempts, owner, extract(epoch FROM now())::float8`,
  );
  return (rows as TakenRow[]).map(([id, taskId, url, host, attempts, ownerId, takenAtS]) => ({
    id,
    taskId,
    url,
    host,
    attempts,
    ownerId,
    takenAtS,
  }));
};

/** The result of one request, for the delivery's log. */
export type Attempt = Readonly<{ ms: number; status?: number; error?: string }>;

const held = ({ id, attempts }: DueDelivery) => ({ id, attempts, state: 'pending' as const });

/** What comes after an attempt. */
export type AfterAttempt =
  { readonly end: Exclude<DeliveryState, 'pending'> } | { readonly retryInMs: number };

/** The columns of a delivery that change. A failed one keeps its sealed address, so that it can be replayed. */
const changesOf = (after: AfterAttempt): Prisma.Sql => {
  if ('retryInMs' in after)
    return Prisma.sql`next_attempt_at = now() + ${after.retryInMs}::float8 * interval '1 millisecond'`;
  const end = Prisma.sql`state = ${after.end}::"DeliveryState", ended_at = now()`;
  return after.end === 'failed' ? end : Prisma.sql`${end}, url = NULL`;
};

/**
 * Notes an attempt, and ends the delivery or puts off its next attempt, unless it was taken again meanwhile. Does nothing
 * when the task was deleted meanwhile, and its delivery with it.
 */
export const settleAttempt = async (
  database: Database,
  { id, attempts }: DueDelivery,
  { ms, status, error }: Attempt,
  after: AfterAttempt,
): Promise<void> => {
  const attemptId = newId(await databaseNow(database));
  await hotRows(
    database,
    Prisma.sql`
    WITH delivery AS MATERIALIZED (
      SELECT id, attempts, state FROM deliveries WHERE id = ${id}::uuid FOR UPDATE
    ), noted AS (
      INSERT INTO delivery_attempts (id, delivery_id, ms, status, error)
      SELECT ${attemptId}::uuid, id, ${ms}::float8, ${status ?? null}::int, ${error ?? null}::text FROM delivery
    )
    UPDATE deliveries SET ${changesOf(after)} FROM delivery
     WHERE deliveries.id = delivery.id AND delivery.attempts = ${attempts}::int AND delivery.state = 'pending'`,
  );
};

/** Puts back a delivery whose attempt we interrupted. The attempt does not count. */
export const releaseDelivery = async (
  database: Database,
  delivery: DueDelivery,
  delayMs = 0,
): Promise<void> => {
  const nextAttemptAt = new Date((await databaseNow(database)).getTime() + delayMs);
  const data = { nextAttemptAt, attempts: { decrement: 1 } };
  await database.delivery.updateMany({ where: held(delivery), data });
};
