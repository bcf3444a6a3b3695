import type { Database } from './client.js';
import type { Image } from './generated/client.js';

/** Ends the time of the owner's image: from now on it is gone, and the expiry deletes its bytes. */
export const forgetImage = async (
  database: Database,
  ownerId: string,
  id: string,
): Promise<Image | undefined> => {
  const now = new Date();
  const lives = { deletedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
  const [image] = await database.image.updateManyAndReturn({
    where: { id, ownerId, ...lives },
    data: { expiresAt: now },
  });
  return image;
};
