import type { Database } from './client.js';
import { Prisma, type Delivery, type DeliveryState } from './generated/client.js';

/** A delivery to send now. `attempts` includes this attempt and fences the writes that follow. */
export type DueDelivery = Pick<Delivery, 'id' | 'taskId' | 'host' | 'attempts'> & { readonly url: string };

type TakeOptions = {
  readonly limit: number;
  /** The most deliveries to one host at a time, including those of `inHand`. */
  readonly perHost: number;
  /** How many deliveries to each host are in progress. */
  readonly inHand: Readonly<Record<string, number>>;
  /** Time for one attempt. Without a result by then, the delivery becomes due again. */
  readonly leaseMs: number;
};

/**
 * Takes due deliveries, longest due first, with a limit per host. Concurrent dispatchers never take the same
 * one.
 */
export const takeDueDeliveries = (
  database: Database,
  { limit, perHost, inHand, leaseMs }: TakeOptions,
): Promise<DueDelivery[]> =>
  database.$queryRaw<DueDelivery[]>`
    WITH ranked AS (
      SELECT id, row_number() OVER (PARTITION BY host ORDER BY next_attempt_at) AS place
        FROM deliveries
       WHERE state = 'pending' AND next_attempt_at <= now()),
    due AS MATERIALIZED (
      SELECT deliveries.id
        FROM deliveries JOIN ranked USING (id)
       WHERE state = 'pending' AND next_attempt_at <= now()
         AND place + coalesce((${JSON.stringify(inHand)}::jsonb ->> host)::int, 0) <= ${perHost}
       ORDER BY next_attempt_at
       LIMIT ${limit}
         FOR UPDATE OF deliveries SKIP LOCKED)
    UPDATE deliveries
       SET attempts = attempts + 1, next_attempt_at = now() + ${leaseMs} * interval '1 millisecond'
      FROM due
     WHERE deliveries.id = due.id
 RETURNING deliveries.id, task_id AS "taskId", url, host, attempts`;

/** The result of one request, for the delivery's log. */
export type Attempt = Readonly<{ ms: number; status?: number; error?: string }>;

const held = ({ id, attempts }: DueDelivery) => ({ id, attempts, state: 'pending' as const });

const isMissing = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003';

export const recordAttempt = async (
  database: Database,
  { id: deliveryId }: DueDelivery,
  attempt: Attempt,
): Promise<void> => {
  await database.deliveryAttempt.create({ data: { deliveryId, ...attempt } }).catch((error: unknown) => {
    // The task was deleted meanwhile, and its delivery with it.
    if (!isMissing(error)) throw error;
  });
};

/**
 * Ends a delivery and drops its address, unless it was taken again meanwhile. A failed delivery keeps its
 * sealed address, so that it can be replayed.
 */
export const endDelivery = async (
  database: Database,
  delivery: DueDelivery,
  state: Exclude<DeliveryState, 'pending'>,
): Promise<void> => {
  const data = { state, endedAt: new Date(), ...(state !== 'failed' && { url: null }) };
  await database.delivery.updateMany({ where: held(delivery), data });
};

export const retryDelivery = async (
  database: Database,
  delivery: DueDelivery,
  delayMs: number,
): Promise<void> => {
  const nextAttemptAt = new Date(Date.now() + delayMs);
  await database.delivery.updateMany({ where: held(delivery), data: { nextAttemptAt } });
};

/** Puts back a delivery whose attempt we interrupted. The attempt does not count. */
export const releaseDelivery = async (
  database: Database,
  delivery: DueDelivery,
  delayMs = 0,
): Promise<void> => {
  const data = { nextAttemptAt: new Date(Date.now() + delayMs), attempts: { decrement: 1 } };
  await database.delivery.updateMany({ where: held(delivery), data });
};
