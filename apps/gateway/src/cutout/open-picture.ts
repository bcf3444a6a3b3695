import { TaskError, type Answer, type Cutout } from '#contract';
import { databaseNow, findImage, isExpired, type Database, type Image } from '#database';
import type { OpenedImage, Storage } from '#storage';

/** The result of the only task of a request. */
export const cutoutIn = ({ data: [result] = [] }: Answer): Cutout | undefined =>
  result && 'inputImageUUID' in result ? result : undefined;

export type OpenPictureNeeds = { readonly database: Database; readonly storage: Pick<Storage, 'open'> };

/** @throws TaskError mediaExpired */
export const openPicture = async (
  { database, storage }: OpenPictureNeeds,
  { imageUUID }: Cutout,
): Promise<{ readonly image: Image; readonly opened: OpenedImage }> => {
  const image = await findImage(database, imageUUID);
  if (!image || isExpired(image, await databaseNow(database)))
    throw new TaskError('mediaExpired', 'The image of this task was deleted.');
  return { image, opened: await storage.open(image.storageKey) };
};
