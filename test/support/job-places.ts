import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folders of an operator, and the file that names them. */
export type PlaceFolders = {
  readonly source: string;
  readonly target: string;
  /** The environment of a service that may use them. */
  readonly env: { readonly JOB_PLACES_FILE: string };
  /** Writes files below the source. */
  readonly put: (files: Readonly<Record<string, Uint8Array | string>>) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Writes files below a folder, by their paths in it. */
export const putFiles = async (
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> => {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
};

/** All files below a folder by their paths, unfinished ones included. */
export const filesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
};

/** @param more places besides `photos`, which may be read, and `cutouts`, which may be written */
export const makePlaceFolders = async (
  more: (folder: string) => Readonly<Record<string, object>> = () => ({}),
): Promise<PlaceFolders> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-places-'));
  const [source, target] = [join(folder, 'photos'), join(folder, 'cutouts')];
  await mkdir(source);
  await mkdir(target);
  const places = {
    photos: { folder: source, rights: ['read'] },
    cutouts: { folder: target, rights: ['write'] },
    ...more(folder),
  };
  const file = join(folder, 'places.json');
  await writeFile(file, JSON.stringify({ places }));
  return {
    source,
    target,
    env: { JOB_PLACES_FILE: file },
    put: (files) => putFiles(source, files),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
};
