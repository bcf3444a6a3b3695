import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { reasonOf } from '#errors';
import { fromUser } from '../backup/own-data.js';
import { UsageError } from '../command.js';

/** An image of a job, and the name of its result. */
type ManifestImage = { readonly image: string; readonly name?: string };

export type Manifest = {
  readonly images: ManifestImage[];
  /** The line of each image, counted from 1. */
  readonly lines: readonly number[];
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const imageOfJson = (value: unknown): ManifestImage | undefined => {
  if (typeof value === 'string') return { image: value };
  if (!isRecord(value) || typeof value['image'] !== 'string') return undefined;
  const { image, name } = value;
  return typeof name === 'string' ? { image, name } : { image };
};

const imageOfLine = (line: string): ManifestImage | undefined => {
  if (!line.startsWith('{')) {
    const [image = '', name] = line.split('\t').map((part) => part.trim());
    return name ? { image, name } : { image };
  }
  try {
    return imageOfJson(JSON.parse(line));
  } catch {
    return undefined;
  }
};

/**
 * The images of a manifest: a line for each, as an address or UUID, with a name behind a tab, or as JSON.
 * @throws UsageError that names the faulty line
 */
const parse = (manifest: string, usage: string): Manifest => {
  const found = manifest.split(/\r?\n/).flatMap((raw, i) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const image = imageOfLine(line);
    if (image) return [{ image, line: i + 1 }];
    throw new UsageError(`Line ${i + 1} of the manifest has no image.`, usage);
  });
  return { images: found.map(({ image }) => image), lines: found.map(({ line }) => line) };
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** @param path `-` for stdin @throws UsageError */
export const readManifest = async (path: string, usage: string): Promise<Manifest> => {
  if (path === '-') return parse(await text(process.stdin), usage);
  try {
    return parse(readFileSync(fromUser(path), 'utf8'), usage);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new UsageError(`The manifest ${path} cannot be read: ${reasons[code] ?? reasonOf(error)}.`, usage);
  }
};
