import { TaskError } from '#contract';
import { databaseNow, findImage, isExpired, markCleaned, type Database, type Image } from '#database';
import { ImageError, stripMetadata } from '#imaging';
import { isOriginal, type Storage } from '#storage';
import { createOwnerPlaces } from '../tasks/owner-places.js';

type Needs = {
  readonly database: Database;
  readonly storage: Pick<Storage, 'read' | 'write' | 'remove'>;
};

/** Each holds an image twice. */
const PLACES = { inAll: 4, perOwner: 2 } as const;

const strip = async (bytes: Buffer): Promise<Buffer> => {
  try {
    return await stripMetadata(bytes);
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    const message = `${cause.subject} ${cause.what}, so that it is not served.`;
    throw new TaskError('invalidInputImage', message, {}, { cause });
  }
};

/** Replaces the stored bytes by those without metadata, once for each image. */
const clean = async ({ database, storage }: Needs, id: string): Promise<Image | null> => {
  const image = await findImage(database, id);
  if (!image || image.cleanedAt || isExpired(image, await databaseNow(database))) return image;
  const bytes = await storage.read(image.storageKey);
  const stripped = await strip(bytes);
  if (stripped.equals(bytes)) return (await markCleaned(database, id, bytes.length)) ?? image;
  await storage.write(image.storageKey, stripped);
  const cleaned = await markCleaned(database, id, stripped.length);
  if (cleaned) return cleaned;
  // It was deleted meanwhile, and maybe its bytes before they were written again.
  await storage.remove(image.storageKey);
  return findImage(database, id);
};

/**
 * Removes the metadata of an original, such as where it was taken, before its address gives it to anybody. Tasks get
 * the same pixels from it as before.
 *
 * @returns the image as it is now; null when it is gone
 * @throws TaskError when its metadata cannot be removed
 * @throws StorageError when the storage fails
 */
export type CleanOriginal = (image: Image) => Promise<Image | null>;

export const createCleanOriginal = (needs: Needs): CleanOriginal => {
  const places = createOwnerPlaces(PLACES.inAll, PLACES.perOwner);
  return async (image) => {
    if (!isOriginal(image.storageKey) || image.cleanedAt) return image;
    return places(image.ownerId, () => clean(needs, image.id));
  };
};
