import { TaskError } from '#contract';
import { databaseIdentity, databaseNow, findOrphans, type Database } from '#database';
import { imageIdOf, isUnfinished, storedFolders, type Storage, type StoredFile } from '#storage';
import type { Logger, Metrics } from '#telemetry';
import type { StoredBytes } from './stored-bytes.js';

/** Every program writes the row of an image much sooner, even if the storage's clock is wrong. */
const SAFE_AGE_MS = 24 * 60 * 60 * 1000;
/** Keys of one query. */
const BATCH = 1_000;
/** Names the database whose images lie here. */
const OWNER_KEY = 'database-id';

type Stored = Pick<Storage, 'list' | 'read' | 'remove' | 'write'>;
type Needs = { readonly database: Database; readonly storage: Stored };

const readOwner = (storage: Stored): Promise<string | undefined> =>
  storage.read(OWNER_KEY).then(
    (bytes) => bytes.toString().trim(),
    (error: unknown) => {
      if (error instanceof TaskError && error.code === 'mediaNotFound') return undefined;
      throw error;
    },
  );

/** Whether the images are those of the database with this id. The first database that asks takes them. */
const ownsImages = async (storage: Stored, id: string): Promise<boolean> => {
  const owner = await readOwner(storage);
  if (owner === undefined) await storage.write(OWNER_KEY, Buffer.from(`${id}\n`));
  return owner === undefined || owner === id;
};

const orphansAmong = async (database: Database, files: readonly StoredFile[]): Promise<string[]> => {
  const orphans = files.flatMap(({ key }) => (isUnfinished(key) ? [key] : []));
  const images = files.flatMap(({ key }) => {
    const imageId = imageIdOf(key);
    return imageId === undefined ? [] : [{ key, imageId }];
  });
  for (let at = 0; at < images.length; at += BATCH)
    orphans.push(...(await findOrphans(database, images.slice(at, at + BATCH))));
  return orphans;
};

export type SweptOrphans = {
  readonly deleted: number;
  readonly isOwned: boolean;
  /** Of what stays in the folder. Undefined when the storage is of another database. */
  readonly bytes?: number;
};

/**
 * Deletes unfinished writes and images without a row, which killed programs left in a folder of the storage. Files
 * that are older than the database, or belong to another one, stay.
 */
export const sweepOrphans = async (
  { database, storage }: Needs,
  folder: string,
  olderThanMs = SAFE_AGE_MS,
): Promise<SweptOrphans> => {
  const { id, madeAt } = await databaseIdentity(database);
  if (!(await ownsImages(storage, id))) return { deleted: 0, isOwned: false };

  const before = (await databaseNow(database)).getTime() - olderThanMs;
  const files = await storage.list(folder);
  const old = files.filter(({ writtenAt }) => writtenAt >= madeAt && writtenAt.getTime() <= before);
  const orphans = new Set(await orphansAmong(database, old));
  for (const key of orphans) await storage.remove(key);
  const bytes = files.reduce((sum, file) => sum + (orphans.has(file.key) ? 0 : file.bytes), 0);
  return { deleted: orphans.size, isOwned: true, bytes };
};

type Noted = { readonly metrics: Metrics; readonly log: Logger; readonly storedBytes: StoredBytes };

/** Sweeps one folder each time, in turn, and counts its bytes. Dispatchers begin at different ones. */
export const createOrphanSweep = ({
  metrics,
  log,
  storedBytes,
  ...needs
}: Needs & Noted): (() => Promise<void>) => {
  const counter = metrics.counter({
    name: 'clearcut_orphans_deleted_total',
    help: 'Files of killed programs that were deleted from the storage.',
  });
  let next = Math.floor(Math.random() * storedFolders.length);
  let wasOwned = true;
  return async () => {
    const folder = storedFolders[next] ?? 'probes';
    const { deleted, isOwned, bytes } = await sweepOrphans(needs, folder);
    if (bytes !== undefined) storedBytes.note(folder, bytes);
    next = (next + 1) % storedFolders.length;
    counter.inc(deleted);
    if (deleted > 0) log.info({ folder, deleted }, 'files without a row deleted');
    if (wasOwned && !isOwned)
      log.warn(
        `the storage belongs to another database, so files without a row stay: give each installation its own DATA_DIR or S3_PREFIX, or delete ${OWNER_KEY} from the storage if this database replaced the other`,
      );
    wasOwned = isOwned;
  };
};
