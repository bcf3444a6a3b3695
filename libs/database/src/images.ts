import type { Database } from './client.js';
import type { Image } from './generated/client.js';

export type { Image };
export type NewImage = Omit<Image, 'createdAt' | 'lastUsedAt'>;

/** The owner's image of that UUID, marked as used now. */
export const useImage = async (
  database: Database,
  ownerId: string,
  id: string,
): Promise<Image | undefined> => {
  const [image] = await database.image.updateManyAndReturn({
    where: { id, ownerId },
    data: { lastUsedAt: new Date() },
  });
  return image;
};

/** Any image by its unguessable UUID, for whoever was told its address. */
export const findImage = (database: Database, id: string): Promise<Image | null> =>
  database.image.findUnique({ where: { id } });

/** Writes the image's row; a repeated attempt of the same task replaces it. */
export const putImage = async (database: Pick<Database, 'image'>, image: NewImage): Promise<void> => {
  const { id, ...facts } = image;
  await database.image.upsert({ where: { id }, create: image, update: facts });
};
