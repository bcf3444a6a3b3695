import type { Cutout } from '#client/browser';
import { client } from './service.js';
import type { Entry } from './photos.js';

/** Results of this page. They hold addresses, not pixels. */
const known = new Map<string, Cutout>();

export const rememberCutout = (id: string, cutout: Cutout): void => void known.set(id, cutout);
export const forgetCutout = (id: string): void => void known.delete(id);

/** The result of a photo; after a reload by its task. @throws ClearcutError when the server keeps it no longer */
export const cutoutOf = async ({ id, photo }: Entry): Promise<Cutout> => {
  const { result } = photo.peek();
  if (!result) throw new Error('The photo has no result.');
  const cutout = known.get(id) ?? (await client().follow(result.taskUUID));
  known.set(id, cutout);
  return cutout;
};
