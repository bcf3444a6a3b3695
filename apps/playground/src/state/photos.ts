import { computed, signal, type Signal } from '@preact/signals';
import { isBusy, type Photo } from './photo.js';
import { cleanName } from './names.js';
import { newId } from './new-id.js';
import type { NamedFile } from './files.js';

/** A photo with its own signal, so that a change draws one row anew and not the list. */
export type Entry = { readonly id: string; readonly file: Blob; readonly photo: Signal<Photo> };

export const LIMIT = 500;

export const entries = signal<readonly Entry[]>([]);
export const selectedId = signal<string | undefined>(undefined);
export const selected = computed(
  () => entries.value.find(({ id }) => id === selectedId.value) ?? entries.value[0],
);

/** How many photos are in which state. */
export const counts = computed(() => {
  const sum = { all: 0, ready: 0, busy: 0, done: 0, failed: 0 };
  for (const { photo } of entries.value) {
    const { stage } = photo.value;
    sum.all += 1;
    sum[isBusy(photo.value) ? 'busy' : (stage as 'ready' | 'done' | 'failed')] += 1;
  }
  return sum;
});

export const update = ({ photo }: Entry, change: Partial<Photo>): void => {
  photo.value = { ...photo.peek(), ...change };
};

const toEntry = ({ name, file }: NamedFile): Entry => {
  const id = newId();
  const facts = { name: cleanName(name), bytes: file.size, stage: 'ready', uploadUUID: newId() } as const;
  return { id, file, photo: signal<Photo>({ id, ...facts }) };
};

/** @returns those that were added; beyond LIMIT none is */
export const addPhotos = (files: readonly NamedFile[]): Entry[] => {
  const added = files.slice(0, Math.max(0, LIMIT - entries.peek().length)).map(toEntry);
  entries.value = [...entries.peek(), ...added];
  selectedId.value ??= added[0]?.id;
  return added;
};

export const removeEntries = (gone: ReadonlySet<string>): void => {
  const list = entries.peek();
  const at = list.findIndex(({ id }) => id === selectedId.peek());
  const rest = list.filter(({ id }) => !gone.has(id));
  entries.value = rest;
  if (selectedId.peek() && gone.has(selectedId.peek() ?? ''))
    selectedId.value = rest[Math.min(Math.max(at, 0), rest.length - 1)]?.id;
};
