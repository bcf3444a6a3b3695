import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import { columnsOf, hotRows, imageFields, toImage } from './hot-query.js';
import { Prisma, type Image } from './generated/client.js';

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

/** Finds images by their ids, in their order, by one query. */
export const findImages = async (
  database: Database,
  ids: readonly string[],
): Promise<(Image | undefined)[]> => {
  const rows = await hotRows(
    database,
    Prisma.sql`SELECT ${columnsOf('images', imageFields)} FROM images WHERE id = ANY(${[...new Set(ids)]}::uuid[])`,
  );
  const found = new Map(rows.map((row) => toImage(row, 0)).map((image) => [image?.id, image ?? undefined]));
  return ids.map((id) => found.get(id.toLowerCase()));
};

/**
 * Finds the owner's image and marks it as used, unless it has expired.
 * @param find looks the image up, maybe with others
 */
export const useImage = async (
  database: Database,
  ownerId: string,
  id: string,
  find = async (wanted: string) => (await findImages(database, [wanted]))[0],
): Promise<Image | undefined> => {
  const now = await databaseNow(database);
  const found = await find(id);
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
