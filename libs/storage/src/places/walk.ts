import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemCodeOf } from '../disk-faults.js';

/** Names of a folder that are in memory at once. */
const CHUNK = 1_000;

type Entry = { readonly sortKey: string; readonly isFolder: boolean };

/** A folder's key ends with a slash, so that paths come in the order of their characters. */
const toEntry = (found: Dirent): Entry | undefined => {
  if (found.isDirectory()) return { sortKey: `${found.name}/`, isFolder: true };
  return found.isFile() ? { sortKey: found.name, isFolder: false } : undefined;
};

const byKey = (a: Entry, b: Entry): number => (a.sortKey < b.sortKey ? -1 : 1);

/** Of a name that is no UTF-8, which leads to nothing. */
const REPLACEMENT = '\uFFFD';

/** Whether a folder cannot be looked into, whatever the others hold. One that has vanished is no fault. */
const isClosed = (cause: unknown, path: string): boolean =>
  ['EACCES', 'EPERM'].includes(systemCodeOf(cause) ?? '') || (isMissing(cause) && path.includes(REPLACEMENT));

/** Folders that systems keep for themselves. */
const isOfSystem = (sortKey: string): boolean => sortKey.startsWith('.') || sortKey === 'lost+found/';

/** The first entries that are wanted, however many the folder has. Links are left out. */
const firstBehind = async (
  folder: string,
  isWanted: (entry: Entry) => boolean,
): Promise<readonly Entry[]> => {
  let first: Entry[] = [];
  const cut = () => {
    first = first.sort(byKey).slice(0, CHUNK);
  };
  for await (const found of await opendir(folder)) {
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
 * The files below a folder in the order of their paths. Folders that vanish meanwhile are left out. One that cannot be
 * looked into comes as a path with a slash at its end, so that it is not missed in silence.
 * @param way the path of the folder, '' or with a slash at its end
 */
export async function* walk(root: string, way: string, { after, isWanted }: Walk): AsyncGenerator<string> {
  for (let last = ''; ;) {
    const entries = await firstBehind(join(root, way), (entry) => {
      const path = `${way}${entry.sortKey}`;
      const mayHold = entry.isFolder ? !isOfSystem(entry.sortKey) : isWanted(path);
      return entry.sortKey > last && mayHold && isBehind(path, entry, after);
    });
    for (const entry of entries) {
      const path = `${way}${entry.sortKey}`;
      if (entry.isFolder) yield* below(root, path, { after, isWanted });
      else yield path;
    }
    if (entries.length < CHUNK) return;
    last = entries.at(-1)?.sortKey ?? '';
  }
}

/** What is below one of the folders on the way. */
async function* below(root: string, path: string, asked: Walk): AsyncGenerator<string> {
  try {
    yield* walk(root, path, asked);
  } catch (cause) {
    if (!isClosed(cause, path) && !isMissing(cause)) throw cause;
    if (isClosed(cause, path) && path > asked.after) yield path;
  }
}
