import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { reasonOf } from '#errors';
import { UsageError } from '../command.js';

/** An image of a job, and the name of its result. */
export type ManifestImage = { readonly image: string; readonly name?: string };

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
const imagesOf = (manifest: string, usage: string): ManifestImage[] =>
  manifest.split(/\r?\n/).flatMap((raw, i) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const image = imageOfLine(line);
    if (image) return [image];
    throw new UsageError(`Line ${i + 1} of the manifest has no image.`, usage);
  });

/** @param path `-` for stdin @throws UsageError */
export const readManifest = async (path: string, usage: string): Promise<ManifestImage[]> => {
  if (path === '-') return imagesOf(await text(process.stdin), usage);
  try {
    return imagesOf(readFileSync(path, 'utf8'), usage);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The manifest ${path} cannot be read: ${reasonOf(error)}`, usage);
  }
};
