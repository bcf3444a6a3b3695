import { downloadZip } from 'client-zip';
import { signal } from '@preact/signals';
import { cutoutOf } from './cutouts.js';
import { cutoutNames } from './names.js';
import { entries, type Entry } from './photos.js';

type Picker = (options: {
  suggestedName: string;
  types: { description: string; accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

/** How many files of the ZIP are written; undefined while none is made. */
export const zipped = signal<number | undefined>(undefined);

const REVOKE_MS = 60_000;

const give = (blob: Blob, name: string): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
};

const extensionOf = ({ photo }: Entry) => photo.peek().result?.extension ?? 'png';
const named = (list: readonly Entry[]) =>
  cutoutNames(list.map((entry) => ({ name: entry.photo.peek().name, extension: extensionOf(entry) })));

export const saveOne = async (entry: Entry): Promise<void> => {
  const [name = ''] = named([entry]);
  const cutout = await cutoutOf(entry);
  give(await cutout.blob(), name.split('/').at(-1) ?? name);
};

async function* filesOf(list: readonly Entry[]) {
  const names = named(list);
  for (const [i, entry] of list.entries()) {
    const cutout = await cutoutOf(entry);
    yield { name: names[i] ?? `${i}`, input: await cutout.stream() };
    zipped.value = i + 1;
  }
}

/** Streams to a file of the person's choice where the browser can, else by way of its memory. */
const write = async (zip: Response): Promise<void> => {
  const suggestedName = 'cutouts.zip';
  const { showSaveFilePicker } = window as { showSaveFilePicker?: Picker };
  if (!showSaveFilePicker) return give(await zip.blob(), suggestedName);
  const types = [{ description: 'ZIP', accept: { 'application/zip': ['.zip'] } }];
  const handle = await showSaveFilePicker.call(window, { suggestedName, types });
  await zip.body?.pipeTo(await handle.createWritable());
};

/** Saves every cutout. @throws ClearcutError when one cannot be had */
export const saveAll = async (): Promise<void> => {
  const done = entries.peek().filter(({ photo }) => photo.peek().stage === 'done');
  zipped.value = 0;
  try {
    await write(downloadZip(filesOf(done)));
  } catch (error) {
    // The person closed the picker.
    if ((error as Error).name !== 'AbortError') throw error;
  } finally {
    zipped.value = undefined;
  }
};
