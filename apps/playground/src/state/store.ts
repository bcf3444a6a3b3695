import { signal } from '@preact/signals';
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Photo } from './photo.js';
import type { Entry } from './photos.js';
import type { Settings } from './settings.js';

type Schema = DBSchema & {
  photos: { key: string; value: Photo & { readonly at: number } };
  files: { key: string; value: Blob };
  values: { key: 'settings'; value: Settings };
};

/** Why a closed tab would lose its photos; undefined while they are kept. */
export const keepFault = signal<'full' | 'refused' | 'elsewhere' | undefined>(undefined);

let database: IDBPDatabase<Schema> | undefined;

/** Only one tab keeps its list. A browser without locks lets each one. */
const isOnlyTab = (): Promise<boolean> =>
  new Promise((resolve) => {
    const { locks } = navigator as { locks?: LockManager };
    if (!locks) return resolve(true);
    void locks.request('clearcut-page', { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      // Held until the tab closes.
      return lock === null ? undefined : new Promise(() => undefined);
    });
  });

const open = () =>
  openDB<Schema>('clearcut', 1, {
    upgrade: (db) => {
      db.createObjectStore('photos', { keyPath: 'id' });
      db.createObjectStore('files');
      db.createObjectStore('values');
    },
  });

/** A list that cannot be kept is no reason not to work on it. */
const attempt = async (work: (db: IDBPDatabase<Schema>) => Promise<unknown>): Promise<void> => {
  if (!database) return;
  try {
    await work(database);
  } catch (error) {
    keepFault.value = (error as DOMException).name === 'QuotaExceededError' ? 'full' : 'refused';
  }
};

let last = 0;

export const keepFiles = (added: readonly Entry[]): Promise<void> =>
  attempt(async (db) => {
    const write = db.transaction(['photos', 'files'], 'readwrite');
    for (const { id, file, photo } of added) {
      void write.objectStore('files').put(file, id);
      void write.objectStore('photos').put({ ...photo.peek(), at: (last += 1) });
    }
    await write.done;
  });

/** Notes how far a photo came. One that was removed meanwhile stays away. */
export const keepPhoto = ({ photo }: Entry): Promise<void> =>
  attempt(async (db) => {
    const store = db.transaction('photos', 'readwrite').store;
    const known = await store.get(photo.peek().id);
    if (known) await store.put({ ...photo.peek(), at: known.at });
  });

export const dropPhotos = (ids: Iterable<string>): Promise<void> =>
  attempt(async (db) => {
    const write = db.transaction(['photos', 'files'], 'readwrite');
    for (const id of ids) {
      void write.objectStore('photos').delete(id);
      void write.objectStore('files').delete(id);
    }
    await write.done;
  });

export const keepSettings = (settings: Settings): Promise<void> =>
  attempt((db) => db.put('values', settings, 'settings'));

export type Kept = {
  readonly photos: readonly { readonly photo: Photo; readonly file: Blob }[];
  readonly settings: Settings | undefined;
};

const nothing: Kept = { photos: [], settings: undefined };

const readAll = async (db: IDBPDatabase<Schema>): Promise<Kept> => {
  const [photos, ids, files, settings] = await Promise.all([
    db.getAll('photos'),
    db.getAllKeys('files'),
    db.getAll('files'),
    db.get('values', 'settings'),
  ]);
  const fileOf = new Map(ids.map((id, i) => [id, files[i]]));
  const ordered = photos.sort((a, b) => a.at - b.at);
  last = ordered.at(-1)?.at ?? 0;
  const whole = ordered.flatMap((photo) => {
    const file = fileOf.get(photo.id);
    return file ? [{ photo, file }] : [];
  });
  return { photos: whole, settings };
};

/** What an earlier tab left. */
export const openStore = async (): Promise<Kept> => {
  try {
    if (!(await isOnlyTab())) {
      keepFault.value = 'elsewhere';
      return nothing;
    }
    database = await open();
    return await readAll(database);
  } catch {
    keepFault.value = 'refused';
    return nothing;
  }
};
