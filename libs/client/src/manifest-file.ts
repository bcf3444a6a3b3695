import { appendFile, readFile } from 'node:fs/promises';
import type { Manifest, ManifestEntry } from './manifest.js';

type Line = ManifestEntry & { readonly key: string };

/** Returns undefined for an empty line, and for half a line. */
const parse = (line: string): Line | undefined => {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
};

const readLines = async (path: string): Promise<Line[]> => {
  try {
    const text = await readFile(path, 'utf8');
    return text.split('\n').flatMap((line) => parse(line) ?? []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/**
 * A manifest in a file of JSON lines, the last one of a key counts. Node only.
 *
 * @example const manifest = await openManifest('out/.clearcut.jsonl');
 */
export const openManifest = async (path: string): Promise<Manifest> => {
  const entries = new Map((await readLines(path)).map(({ key, ...entry }) => [key, entry]));
  let written = Promise.resolve();
  // A killed program may have left half a line.
  let before = '\n';
  const append = (text: string) => {
    const lines = `${before}${text}\n`;
    before = '';
    return (written = written.then(() => appendFile(path, lines)));
  };
  return {
    get: (key) => entries.get(key),
    set: (key, entry) => {
      entries.set(key, entry);
      return append(JSON.stringify({ key, ...entry }));
    },
  };
};
