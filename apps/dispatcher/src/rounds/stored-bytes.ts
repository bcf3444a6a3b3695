import { storedFolders } from '#storage';

/** Bytes of all images, counted folder by folder as they are looked at. */
export type StoredBytes = {
  readonly note: (folder: string, bytes: number) => void;
  /** Undefined until each folder was looked at. */
  readonly total: () => number | undefined;
};

export const createStoredBytes = (folders: number = storedFolders.length): StoredBytes => {
  const known = new Map<string, number>();
  return {
    note: (folder, bytes) => void known.set(folder, bytes),
    total: () => {
      if (known.size < folders) return undefined;
      return [...known.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
  };
};
