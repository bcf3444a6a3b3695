import { createExtra, type Extra, type SendSource } from './extra.js';
import { openSource } from './source.js';
import type { ImageInput, Platform } from './types.js';
import { newUuid } from './uuid.js';

/** Opens the background of a composition. The same one is uploaded once for all tasks of the client. */
export const createBackgrounds = (send: SendSource, platform: Platform) => {
  const known = new Map<ImageInput, Promise<Extra>>();

  const open = (image: ImageInput): Promise<Extra> => {
    const opening = openSource(image, platform).then((source) => createExtra(send, source, newUuid()));
    known.set(image, opening);
    opening.catch(() => known.get(image) === opening && known.delete(image));
    return opening;
  };

  /** @throws InputError when the image cannot be read here */
  return async (image: ImageInput): Promise<Extra> => {
    const before = known.get(image);
    if (!before) return open(image);
    if (typeof image !== 'string') return before;
    // The path may name another file by now.
    const { stamp } = await openSource(image, platform);
    const extra = await before;
    return extra.source.stamp === stamp ? extra : open(image);
  };
};
