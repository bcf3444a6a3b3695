import { pathInPlace, TaskError, type JobFolder } from '#contract';
import {
  databaseNow,
  findImage,
  findOwnerOfKey,
  isExpired,
  recordWritten,
  unwrittenResults,
  type Database,
  type JobRow,
  type Unwritten,
} from '#database';
import { StorageError, type PlaceFiles, type Storage } from '#storage';
import { toServiceFault } from '../tasks/service-fault.js';
import { inParallel } from './in-parallel.js';
import { faultOfFile, troubleOf } from './place-faults.js';
import type { Places } from './places.js';
import { problemOf } from './problem-of.js';

export type WriteNeeds = {
  readonly database: Database;
  readonly places: Pick<Places, 'files' | 'require'>;
  readonly storage: Pick<Storage, 'open'>;
  /** Receives the trouble of places. */
  readonly onPlaceTrouble: (error: unknown) => void;
};

/** Results of one look, and those that are written at once. */
const MOST = 100;
const WIDTH = 4;

const gone = (): TaskError =>
  new TaskError('mediaExpired', 'The result was deleted before it was written to the target.');

const writeResult = async (
  { database, storage }: WriteNeeds,
  files: PlaceFiles,
  folder: JobFolder,
  { name, outputImageId }: Unwritten,
): Promise<void> => {
  const image = await findImage(database, outputImageId);
  if (!image || isExpired(image, await databaseNow(database))) throw gone();
  const extension = image.storageKey.slice(image.storageKey.lastIndexOf('.'));
  const path = pathInPlace(folder, `${name}${extension}`);
  const opened = await storage.open(image.storageKey);
  try {
    await files.write(path, opened);
  } catch (error) {
    throw faultOfFile(error, 'target', folder, path) ?? error;
  } finally {
    opened.stream.destroy();
  }
};

/** Results are read from our own storage, and written to the place. */
const troubleOfResult = (folder: JobFolder, error: unknown): TaskError =>
  error instanceof StorageError && error.operation === 'read'
    ? toServiceFault(error)
    : troubleOf('target', folder, error);

/**
 * Writes results to the target of a job. An item counts as done once its result is there. A program that dies between the
 * two leaves it to be written again, with the same bytes.
 * @returns the trouble of the target
 */
export const writeResults = async (
  needs: WriteNeeds,
  job: JobRow,
  folder: JobFolder,
  isOver: () => boolean,
): Promise<TaskError | undefined> => {
  let trouble: TaskError | undefined;
  // What a revoked key has paid for is written all the same.
  const owner = await findOwnerOfKey(needs.database, job.keyId);
  /** @returns whether the item has ended, and why it has no result in the target */
  const write = async (result: Unwritten): Promise<{ readonly problem?: object } | undefined> => {
    try {
      const files = needs.places.files('target', folder);
      if (owner) needs.places.require(owner, 'target', folder);
      await writeResult(needs, files, folder, result);
      return {};
    } catch (error) {
      if (error instanceof TaskError) return { problem: problemOf(error) };
      needs.onPlaceTrouble(error);
      trouble = troubleOfResult(folder, error);
      // Nobody waits for a target once the job was cancelled.
      return job.cancelRequestedAt ? { problem: problemOf(trouble) } : undefined;
    }
  };
  const results = await unwrittenResults(needs.database, job.id, MOST);
  await inParallel(results, WIDTH, async (result) => {
    if (isOver() || (trouble && !job.cancelRequestedAt)) return;
    const end = await write(result);
    if (end) await recordWritten(needs.database, job.id, result.place, end.problem);
  });
  return trouble;
};
