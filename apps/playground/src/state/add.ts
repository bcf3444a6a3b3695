import { signal } from '@preact/signals';
import sample from '../assets/sample.webp';
import { chosen } from './chosen.js';
import { imagesOf, type NamedFile } from './files.js';
import { apiKey } from './key.js';
import { addPhotos, LIMIT, entries, removeEntries } from './photos.js';
import { pump, stop } from './queue.js';
import { plain } from './settings.js';
import { dropPhotos, keepFiles } from './store.js';
import { forgetCutout } from './cutouts.js';
import { dropThumbnail } from './thumbnails.js';

/** What was not taken of the last drop. */
export const refused = signal<{ readonly others: number; readonly beyond: number } | undefined>(undefined);

/** Takes images in and starts. */
export const take = async (files: readonly NamedFile[]): Promise<void> => {
  const images = imagesOf(files);
  const room = Math.max(0, LIMIT - entries.peek().length);
  const beyond = Math.max(0, images.length - room);
  const others = files.length - images.length;
  refused.value = others + beyond > 0 ? { others, beyond } : undefined;
  const added = addPhotos(images);
  const kept = keepFiles(added);
  if (apiKey.peek()) pump();
  await kept;
};

export const sampleAddress = sample;

/** Its fur shows what the edges can be. A person's own choice stays. */
const preferFineEdges = (): void => {
  const { hair, cleanColours } = plain;
  if (
    entries.peek().length === 0 &&
    chosen.peek().hair === hair &&
    chosen.peek().cleanColours === cleanColours
  )
    chosen.value = { ...chosen.peek(), hair: true, cleanColours: true };
};

export const takeSample = async (): Promise<void> => {
  const response = await fetch(sample);
  const file = new File([await response.blob()], 'cat.webp', { type: 'image/webp' });
  preferFineEdges();
  await take([{ name: file.name, file }]);
};

export const remove = (ids: ReadonlySet<string>): void => {
  for (const id of ids) {
    stop(id);
    forgetCutout(id);
    dropThumbnail(id);
  }
  removeEntries(ids);
  void dropPhotos(ids);
};
