import type { Database } from './client.js';
import { Prisma } from './generated/client.js';

/** Images without a ttl are deleted this long after their last use. */
const UNUSED_IMAGE_DAYS = 30;

/** Enough for a batch of deletions on a slow storage. */
const TRANSACTION_MS = 60_000;

/** Two conditions, since each has an index of its own. Only by their order does Postgres surely take it. */
export const expiredImages = [
  [Prisma.sql`deleted_at IS NULL AND expires_at IS NOT NULL AND expires_at <= now()`, Prisma.sql`expires_at`],
  [
    Prisma.sql`deleted_at IS NULL AND expires_at IS NULL
      AND last_used_at <= now() - ${UNUSED_IMAGE_DAYS}::float8 * interval '1 day'`,
    Prisma.sql`last_used_at`,
  ],
] as const;
const [isExpired, isUnused] = expiredImages;

type Found = { readonly id: string; readonly storageKey: string };

const lockImages = (
  transaction: Pick<Database, '$queryRaw'>,
  [condition, order]: (typeof expiredImages)[number],
  limit: number,
): Promise<Found[]> =>
  transaction.$queryRaw<Found[]>`
    SELECT id, storage_key AS "storageKey" FROM images
     WHERE ${condition} ORDER BY ${order} LIMIT ${limit} FOR UPDATE SKIP LOCKED`;

type Expired = { readonly deleted: number; readonly failures: readonly unknown[] };

/**
 * Deletes expired images. The bytes go before the row is marked, so a crash in between only repeats the
 * deletion. Rows are locked: concurrent dispatchers never take the same image, and no task can use it
 * meanwhile.
 * @param remove deletes the bytes; must accept bytes that are already gone
 */
export const expireImages = (
  database: Database,
  remove: (storageKey: string) => Promise<void>,
  limit: number,
): Promise<Expired> =>
  database.$transaction(
    async (transaction) => {
      const expired = await lockImages(transaction, isExpired, limit);
      const unused = await lockImages(transaction, isUnused, limit - expired.length);
      const images = [...expired, ...unused];
      const ends = await Promise.allSettled(images.map(({ storageKey }) => remove(storageKey)));
      const ids = images.flatMap(({ id }, i) => (ends[i]?.status === 'fulfilled' ? [id] : []));
      if (ids.length > 0) {
        await transaction.$executeRaw`UPDATE images SET deleted_at = now() WHERE id = ANY(${ids}::uuid[])`;
      }
      const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
      return { deleted: ids.length, failures };
    },
    { timeout: TRANSACTION_MS },
  );
