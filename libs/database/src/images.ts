import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { Image } from './generated/client.js';

export type { Image };
export type NewImage = Omit<Image, 'createdAt' | 'lastUsedAt' | 'expiresAt' | 'deletedAt' | 'cleanedAt'> & {
  readonly expiresAt?: Date;
};

/**
 * Whether the image has expired. Its bytes may exist a little longer.
 * @param now from `databaseNow`
 */
export const isExpired = ({ deletedAt, expiresAt }: Image, now: Date): boolean =>
  deletedAt !== null || (expiresAt !== null && expiresAt <= now);

/** The same rule as a query: images that have not expired at `now`. */
const notExpiredAt = (now: Date) => ({
  deletedAt: null,
  OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
});

/** An image that was used this lately need not be marked again. */
const USED_LATELY_MS = 60_000;

/** Finds the owner's image and marks it as used, unless it has expired. */
export const useImage = async (
  database: Database,
  ownerId: string,
  id: string,
): Promise<Image | undefined> => {
  const now = await databaseNow(database);
  // Prisma joins these of one array into one query.
  const found = await database.image.findUnique({ where: { id } });
  if (!found || found.ownerId !== ownerId) return undefined;
  if (isExpired(found, now)) return found;
  if (now.getTime() - found.lastUsedAt.getTime() < USED_LATELY_MS) return found;
  const [used] = await database.image.updateManyAndReturn({
    where: { id, ownerId, ...notExpiredAt(now) },
    data: { lastUsedAt: now },
  });
  return used ?? (await database.image.findFirst({ where: { id, ownerId } })) ?? undefined;
};

/** Expires the owner's image now. The dispatcher deletes its bytes later. */
export const forgetImage = async (
  database: Database,
  ownerId: string,
  id: string,
): Promise<Image | undefined> => {
  const now = await databaseNow(database);
  const [image] = await database.image.updateManyAndReturn({
    where: { id, ownerId, ...notExpiredAt(now) },
    data: { expiresAt: now },
  });
  return image;
};

/** Finds any image by its UUID, which is unguessable and therefore needs no owner. */
export const findImage = (database: Database, id: string): Promise<Image | null> =>
  database.image.findUnique({ where: { id } });

/**
 * Writes the image's row. A repeated attempt of the same task replaces it.
 * @param now from `databaseNow`
 */
export const putImage = async (
  database: Pick<Database, 'image'>,
  image: NewImage,
  now: Date,
): Promise<void> => {
  const { id, ...facts } = image;
  const again = {
    ...facts,
    lastUsedAt: now,
    expiresAt: image.expiresAt ?? null,
    deletedAt: null,
    cleanedAt: null,
  };
  await database.image.upsert({ where: { id }, create: image, update: again });
};

/**
 * Notes that metadata were removed from the stored bytes of an image.
 * @returns the image; undefined when it expired meanwhile
 */
export const markCleaned = async (
  database: Database,
  id: string,
  bytes: number,
): Promise<Image | undefined> => {
  const now = await databaseNow(database);
  const [image] = await database.image.updateManyAndReturn({
    where: { id, ...notExpiredAt(now) },
    data: { bytes, cleanedAt: now },
  });
  return image;
};
