import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../disk-faults.js';

/** Names of a folder that are in memory at once. */
const CHUNK = 1_000;

type Entry = { readonly sortKey: string; readonly isFolder: boolean };

/** A folder's key ends with a slash, so that paths come in the order of their characters. */
const toEntry = (found: Dirent): Entry | undefined => {
  if (found.isDirectory()) return { sortKey: `${found.name}/`, isFolder: true };
  return found.isFile() ? { sortKey: found.name, isFolder: false } : undefined;
};

const byKey = (a: Entry, b: Entry): number => (a.sortKey < b.sortKey ? -1 : 1);

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
  }
}

/** The first entries that are wanted, however many the folder has. Links are left out. */
const firstBehind = async (
  folder: string,
  isWanted: (entry: Entry) => boolean,
): Promise<readonly Entry[]> => {
  let first: Entry[] = [];
  const cut = () => {
    first = first.sort(byKey).slice(0, CHUNK);
  };
  for await (const found of entriesOf(folder)) {
    const entry = toEntry(found);
    if (!entry || !isWanted(entry)) continue;
    first.push(entry);
    if (first.length >= 2 * CHUNK) cut();
  }
  cut();
  return first;
};

/** Whether a path, or any path in the folder of it, comes behind another path. */
const isBehind = (path: string, { isFolder }: Entry, after: string): boolean =>
  path > after || (isFolder && after.startsWith(path));

type Walk = { readonly after: string; readonly isWanted: (path: string) => boolean };

/**
 * The files below a folder in the order of their paths. Folders that vanish meanwhile are left out.
 * @param way the path of the folder, '' or with a slash at its end
 */
export async function* walk(root: string, way: string, { after, isWanted }: Walk): AsyncGenerator<string> {
  for (let last = ''; ;) {
    const entries = await firstBehind(join(root, way), (entry) => {
      const path = `${way}${entry.sortKey}`;
      const mayHold = entry.isFolder ? !entry.sortKey.startsWith('.') : isWanted(path);
      return entry.sortKey > last && mayHold && isBehind(path, entry, after);
    });
    for (const { sortKey, isFolder } of entries) {
      if (isFolder) yield* walk(root, `${way}${sortKey}`, { after, isWanted });
      else yield `${way}${sortKey}`;
    }
    if (entries.length < CHUNK) return;
    last = entries.at(-1)?.sortKey ?? '';
  }
}
