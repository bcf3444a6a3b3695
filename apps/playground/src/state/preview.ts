import { ClearcutError } from '#client/browser';
import { computed, effect, signal } from '@preact/signals';
import { cutoutOf } from './cutouts.js';
import { selected, type Entry } from './photos.js';

/** A picture in memory, by an address that is revoked when it is shown no longer. */
export type Picture = { readonly url: string; readonly width: number; readonly height: number };

export const before = signal<Picture | undefined>(undefined);
export const after = signal<Picture | undefined>(undefined);
/** Why the cutout cannot be shown. */
export const afterFault = signal<{ readonly isGone: boolean; readonly message: string } | undefined>(
  undefined,
);

/** The server keeps results for a while only. */
const goneCodes = new Set(['mediaExpired', 'mediaNotFound', 'taskExpired', 'taskNotFound']);

const toFault = (error: unknown) => ({
  isGone: error instanceof ClearcutError && goneCodes.has(error.code),
  message: error instanceof Error ? error.message : String(error),
});

const load = async (blob: Blob): Promise<Picture> => {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return { url, width: image.naturalWidth, height: image.naturalHeight };
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
};

const replace = (shown: typeof before, next: Picture | undefined): void => {
  const last = shown.peek();
  shown.value = next;
  if (last) URL.revokeObjectURL(last.url);
};

/** The browser cannot show every photo that the service reads. */
const showBefore = async ({ file }: Entry, isOver: () => boolean): Promise<void> => {
  const picture = await load(file).catch(() => undefined);
  if (!isOver()) replace(before, picture);
  else if (picture) URL.revokeObjectURL(picture.url);
};

const showAfter = async (entry: Entry, isOver: () => boolean): Promise<void> => {
  try {
    const picture = await load(await (await cutoutOf(entry)).blob());
    if (isOver()) return URL.revokeObjectURL(picture.url);
    replace(after, picture);
  } catch (error) {
    if (!isOver()) afterFault.value = toFault(error);
  }
};

const shownEntry = computed(() => selected.value);
const shownTask = computed(() => selected.value?.photo.value.result?.taskUUID);

/** Keeps both pictures those of the selected photo. */
export const followSelection = (): void => {
  effect(() => {
    const entry = shownEntry.value;
    let over = false;
    replace(before, undefined);
    if (entry) void showBefore(entry, () => over);
    return () => void (over = true);
  });
  let shownId: string | undefined;
  effect(() => {
    const [entry, task] = [shownEntry.value, shownTask.value];
    let over = false;
    afterFault.value = undefined;
    // A cutout that is made anew stays until the next one comes.
    if (entry?.id !== shownId || !task) replace(after, undefined);
    shownId = entry?.id;
    if (entry && task) void showAfter(entry, () => over);
    return () => void (over = true);
  });
};
