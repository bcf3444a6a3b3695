import { createSlots } from './slots.js';

/** Device pixels of a side: twice that of the row's picture. */
const SIDE = 112;
const AT_ONCE = 2;
/** Each takes 50 kB. */
const KEPT = 200;

const slots = createSlots(AT_ONCE);
const known = new Map<string, ImageBitmap>();

const keep = (id: string, bitmap: ImageBitmap): void => {
  known.set(id, bitmap);
  const [oldest] = known.keys();
  if (known.size <= KEPT || oldest === undefined) return;
  known.get(oldest)?.close();
  known.delete(oldest);
};

/** Cuts the middle square out. */
const square = async (file: Blob): Promise<ImageBitmap> => {
  const whole = await createImageBitmap(file, { resizeHeight: SIDE, resizeQuality: 'medium' });
  const side = Math.min(whole.width, whole.height);
  const [x, y] = [(whole.width - side) / 2, (whole.height - side) / 2];
  const middle = await createImageBitmap(whole, x, y, side, side);
  whole.close();
  return middle;
};

/** A small picture of a photo. Rejects when the browser cannot read it, or the row is gone before its turn. */
export const thumbnailOf = (id: string, file: Blob, signal: AbortSignal): Promise<ImageBitmap> =>
  slots(async () => {
    const bitmap = known.get(id);
    if (bitmap) return bitmap;
    signal.throwIfAborted();
    const made = await square(file);
    keep(id, made);
    return made;
  });

export const dropThumbnail = (id: string): void => {
  known.get(id)?.close();
  known.delete(id);
};
