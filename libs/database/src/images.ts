import type { Database } from './client.js';
import type { Image } from './generated/client.js';

export type { Image };
export type NewImage = Omit<Image, 'createdAt' | 'lastUsedAt' | 'expiresAt' | 'deletedAt'> & {
  readonly expiresAt?: Date;
};

/** Whether an image's time is over; its bytes may be there a little longer. */
export const isExpired = ({ deletedAt, expiresAt }: Image, now = new Date()): boolean =>
  deletedAt !== null || (expiresAt !== null && expiresAt <= now);

/** The same as a condition: images whose time is not over at that moment. */
const livingAt = (now: Date) => ({ deletedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] });

/** The owner's image of that UUID, marked as used now unless it is expired. */
export const useImage = async (
  database: Database,
  ownerId: string,
  id: string,
): Promise<Image | undefined> => {
  const lastUsedAt = new Date();
  const [used] = await database.image.updateManyAndReturn({
    where: { id, ownerId, ...livingAt(lastUsedAt) },
    data: { lastUsedAt },
  });
  return used ?? (await database.image.findFirst({ where: { id, ownerId } })) ?? undefined;
};

/** Ends the time of the owner's image: from now on it is gone, and the expiry deletes its bytes. */
export const forgetImage = async (
  database: Database,
  ownerId: string,
  id: string,
): Promise<Image | undefined> => {
  const now = new Date();
  const [image] = await database.image.updateManyAndReturn({
    where: { id, ownerId, ...livingAt(now) },
    data: { expiresAt: now },
  });
  return image;
};

/** Any image by its unguessable UUID, for whoever was told its address. */
export const findImage = (database: Database, id: string): Promise<Image | null> =>
  database.image.findUnique({ where: { id } });

/** Writes the image's row; a repeated attempt of the same task replaces it. */
export const putImage = async (database: Pick<Database, 'image'>, image: NewImage): Promise<void> => {
  const { id, ...facts } = image;
  const again = { ...facts, lastUsedAt: new Date(), expiresAt: image.expiresAt ?? null, deletedAt: null };
  await database.image.upsert({ where: { id }, create: image, update: again });
};
