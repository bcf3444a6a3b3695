import type { Database } from './client.js';
import { Prisma, type Delivery, type DeliveryState } from './generated/client.js';

/** A delivery that was taken to be sent now. `attempts` counts this time too and fences what is written. */
export type DueDelivery = Pick<Delivery, 'id' | 'taskId' | 'host' | 'attempts'> & { readonly url: string };

export type TakeOptions = {
  readonly limit: number;
  /** How many of one host may be in hand, those of `inHand` included. */
  readonly perHost: number;
  /** How many of each host are in hand already. */
  readonly inHand: Readonly<Record<string, number>>;
  /** Time for one attempt; when nothing is heard of it by then, it is taken again. */
  readonly leaseMs: number;
};

/**
 * Takes deliveries whose time has come, longest due first, at most so many of one host. Any number of
 * dispatchers may do so: each delivery goes to one of them.
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

/** What one call came to, for the delivery's log. */
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
    // The task, and with it the delivery, was deleted meanwhile.
    if (!isMissing(error)) throw error;
  });
};

/**
 * Ends a delivery, unless somebody took it again meanwhile, and drops its address. That of one that was given up
 * stays, sealed, so that it can be replayed for a while.
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

/** Gives back a delivery whose attempt was broken off by us, as if it had not been taken. */
export const releaseDelivery = async (
  database: Database,
  delivery: DueDelivery,
  delayMs = 0,
): Promise<void> => {
  const data = { nextAttemptAt: new Date(Date.now() + delayMs), attempts: { decrement: 1 } };
  await database.delivery.updateMany({ where: held(delivery), data });
};
