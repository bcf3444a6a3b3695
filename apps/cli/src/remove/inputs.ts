import { stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { isUuid } from '#contract';
import { UsageError } from '../command.js';

/** An image to cut out. */
export type InputImage = {
  /** As the user knows it: a path from the working folder, a URL, or `-`. */
  readonly key: string;
  readonly kind: 'file' | 'url' | 'stdin';
  /** Path or URL. */
  readonly source: string;
  /** The file's name without its extension. */
  readonly name: string;
  /** Folder below the one that was named; empty for a file that was named itself. */
  readonly folder: string;
};

const IMAGES = '**/*.{png,jpg,jpeg,webp}';

const isUrl = (word: string): boolean => /^https?:\/\//i.test(word);

/** Whether a text is an address, a data URI or a UUID, and no path. */
export const isNamed = (text: string): boolean => isUrl(text) || /^data:/i.test(text) || isUuid(text);

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const ofUrl = (url: string): InputImage => {
  const path = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname) : '';
  const name = basename(path, extname(path)).replaceAll(/[^\w.-]+/g, '_') || 'image';
  return { key: url, kind: 'url', source: url, name, folder: '' };
};

const ofFile = (cwd: string, path: string, root = dirname(path)): InputImage => ({
  key: relative(cwd, path) || path,
  kind: 'file',
  source: path,
  name: basename(path, extname(path)),
  folder: relative(root, dirname(path)),
});

/** Hidden folders are left out, since they hold previews and waste. */
const search = async (pattern: string, cwd: string, ignore: readonly string[]): Promise<string[]> => {
  const found = await glob(pattern, {
    cwd,
    absolute: true,
    caseSensitiveMatch: false,
    expandDirectories: false,
    ignore: [...ignore],
  });
  return found.sort((a, b) => (a < b ? -1 : 1));
};

/** Results below a folder that is searched are no images to cut out. */
const ignoredIn = (folder: string, out: string | undefined): string[] => {
  if (out === undefined) return [];
  const below = relative(folder, out).replaceAll('\\', '/');
  return below === '' || below.startsWith('..') || isAbsolute(below) ? [] : [`${below}/**`];
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

type Place = { readonly cwd: string; readonly out: string | undefined; readonly usage: string };

const inFolder = async (folder: string, { cwd, out, usage }: Place): Promise<InputImage[]> => {
  if (out === folder)
    throw new UsageError('The results would be among the images: name another folder by -o.', usage);
  const files = await search(IMAGES, folder, ignoredIn(folder, out));
  return files.map((file) => ofFile(cwd, file, folder));
};

const expand = async (word: string, place: Place): Promise<InputImage[]> => {
  const { cwd, out } = place;
  if (word === '-') return [{ key: '-', kind: 'stdin', source: '-', name: 'stdin', folder: '' }];
  if (isUrl(word)) return [ofUrl(word)];
  const path = resolve(cwd, word);
  if (await isFolder(path)) return inFolder(path, place);
  // A file may have the letters of a pattern in its name.
  if (!isDynamicPattern(word) || (await exists(path))) return [ofFile(cwd, path)];
  return (await search(word, cwd, ignoredIn(cwd, out))).map((file) => ofFile(cwd, file));
};

/**
 * Lists the named images, each once and in order. A missing file is listed too, and fails later.
 *
 * @throws UsageError when the results would go into a folder that is searched
 */
export const findImages = async (words: readonly string[], place: Place): Promise<InputImage[]> => {
  const all = new Map<string, InputImage>();
  for (const word of words) {
    for (const image of await expand(word, place)) if (!all.has(image.source)) all.set(image.source, image);
  }
  return [...all.values()];
};
