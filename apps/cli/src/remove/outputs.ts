import { extname, isAbsolute, join, normalize, resolve } from 'node:path';
import { UsageError } from '../command.js';
import { isFolder, type InputImage } from './inputs.js';

/** Where the results go. */
export type Target =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string };

const extensions = { PNG: 'png', JPG: 'jpg', WEBP: 'webp' } as const;
type Format = keyof typeof extensions;

const formatsByExtension: Readonly<Record<string, Format>> = {
  '.png': 'PNG',
  '.jpg': 'JPG',
  '.jpeg': 'JPG',
  '.webp': 'WEBP',
};

/** The format that a file's name asks for. */
export const formatOf = (path: string): Format | undefined => formatsByExtension[extname(path).toLowerCase()];

/** @throws UsageError when it is unclear where the results go */
export const readTarget = async (
  words: readonly string[],
  output: string | undefined,
  { cwd, usage }: { readonly cwd: string; readonly usage: string },
): Promise<Target> => {
  const isSingle = words.length === 1;
  if (output === undefined || output === '-') {
    if (isSingle && (words[0] === '-' || output === '-')) return { kind: 'stdout' };
    throw new UsageError('Name the folder of the results by -o.', usage);
  }
  const path = resolve(cwd, output);
  if (isSingle && formatOf(output) && !(await isFolder(path))) return { kind: 'file', path };
  return { kind: 'folder', path };
};

/** Paths by which two images would overwrite each other get a number. */
const distinct = (path: string, taken: Set<string>): string => {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  for (let i = 2, free = path; ; i++) {
    // Some file systems know no upper and lower case.
    if (!taken.has(free.toLowerCase())) {
      taken.add(free.toLowerCase());
      return free;
    }
    free = `${stem}-${i}${extension}`;
  }
};

const fill = (pattern: string, { name }: InputImage, index: number, format: Format): string => {
  const values: Readonly<Record<string, string>> = {
    name,
    index: `${index + 1}`,
    format: format.toLowerCase(),
    ext: extensions[format],
  };
  return pattern.replaceAll(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
};

/** @throws UsageError when the pattern names something unknown, or leads out of the folder */
export const checkPattern = (pattern: string, usage: string): string => {
  const [unknown] = /\{(?!(?:name|index|format|ext)\})[^}]*\}/.exec(pattern) ?? [];
  if (unknown)
    throw new UsageError(`--name knows {name}, {index}, {format} and {ext}, not ${unknown}.`, usage);
  const path = normalize(pattern);
  if (isAbsolute(path) || path.startsWith('..') || path === '.')
    throw new UsageError('--name is the name of a file below the folder of -o.', usage);
  return pattern;
};

/** The file of each image's result, by the image's key. */
export const outputsOf = (
  images: readonly InputImage[],
  target: Extract<Target, { path: string }>,
  { pattern, format = 'PNG' }: { readonly pattern: string; readonly format?: Format | undefined },
): ReadonlyMap<string, string> => {
  if (target.kind === 'file') return new Map(images.map(({ key }) => [key, target.path]));
  // No result overwrites an image.
  const taken = new Set(images.map(({ source }) => source.toLowerCase()));
  return new Map(
    images.map((image, i) => {
      const path = join(target.path, image.folder, fill(pattern, image, i, format));
      return [image.key, distinct(path, taken)];
    }),
  );
};
