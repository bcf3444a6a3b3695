import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#config';
import { checkDump, openLoad, type Load } from '#database';
import { startEmbeddedPostgres } from '#embedded-postgres';
import { imageIdOf, openStorage, type Storage } from '#storage';
import { keyFiles, type Head, type Tail } from './archive-format.js';
import { BackupError } from './backup-error.js';
import { count } from './own-data.js';
import { readArchive } from './read-archive.js';

/** The data of a backup while they are built. */
type Draft = {
  readonly folder: string;
  readonly storage: Storage;
  /** Rows by table. */
  readonly rows: Map<string, number>;
  /** Open once the head was read, which comes first. */
  load?: Load;
};

const checkHead = (head: Head, { STORAGE }: Config): void => {
  checkDump(head);
  if (head.storage === STORAGE) return;
  const place = head.storage === 'disk' ? 'in the backup' : 'in a bucket, not in the backup';
  throw new BackupError(`The images are ${place}: set STORAGE=${head.storage}.`);
};

const addRows = async ({ load, rows }: Draft, table: string, lines: string): Promise<void> => {
  const inserted = (await load?.insert(table, lines)) ?? 0;
  rows.set(table, (rows.get(table) ?? 0) + inserted);
};

const addFile = async (draft: Draft, name: string, bytes: Buffer): Promise<void> => {
  const [part, ...rest] = name.split('/');
  const path = rest.join('/');
  if (part === 'database') return addRows(draft, rest[0] ?? '', bytes.toString());
  if (part === 'images' && imageIdOf(path) !== undefined) return draft.storage.write(path, bytes);
  if (part !== 'keys' || !keyFiles.some((file) => file === path))
    throw new BackupError(`The backup has a file ${name}, which this release does not know.`);
  writeFileSync(join(draft.folder, path), bytes, { mode: 0o600, flush: true });
};

const finish = async ({ load, rows }: Draft, tail: Tail): Promise<void> => {
  for (const [table, expected] of Object.entries(tail.rows)) {
    const found = rows.get(table) ?? 0;
    if (found !== expected)
      throw new BackupError(`Of ${count(expected, 'row')} of ${table}, ${found} were restored.`);
  }
  await load?.finish(tail.sequences, tail.lostImages);
};

export type DraftOptions = {
  readonly file: string;
  readonly folder: string;
  readonly config: Config;
  readonly log: (line: string) => void;
};

/**
 * Builds the data of a backup in a folder: the database, the images and the keys.
 * @returns what the backup must hold, once all of it is there
 */
export const buildDraft = async (
  { file, folder, config, log }: DraftOptions,
  signal: AbortSignal,
): Promise<Tail> => {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log });
  const storage = await openStorage({ STORAGE: 'disk', DATA_DIR: folder });
  const draft: Draft = { folder, storage, rows: new Map() };
  try {
    for await (const entry of readArchive(file)) {
      signal.throwIfAborted();
      if (entry.kind === 'file') {
        await addFile(draft, entry.name, entry.bytes);
      } else if (entry.kind === 'head') {
        checkHead(entry.head, config);
        draft.load = await openLoad(postgres.url, entry.head);
      } else {
        await finish(draft, entry.tail);
        return entry.tail;
      }
    }
    throw new BackupError(`${file} is no whole backup of Clearcut.`);
  } finally {
    await draft.load?.close();
    storage.close();
    await postgres.stop();
  }
};
