import type { ServiceConfig } from '#config';
import { namesImage, pathInPlace, TaskError, type JobFolder } from '#contract';
import {
  appendItems,
  endListing,
  failListing,
  takenNames,
  type Database,
  type JobRow,
  type NewJobItem,
} from '#database';
import type { Secrets } from '#secrets';
import { uuidOfName } from '../tasks/uuid-of-name.js';
import { namesOf } from './item-names.js';
import { faultOfFile, troubleOf } from './place-faults.js';
import type { Places } from './places.js';
import { problemOf } from './problem-of.js';

export type ListNeeds = {
  readonly config: Pick<ServiceConfig, 'MAX_JOB_IMAGES'>;
  readonly database: Database;
  readonly places: Pick<Places, 'files'>;
  readonly secrets: Pick<Secrets, 'seal'>;
  /** Receives the trouble of places. */
  readonly onPlaceTrouble: (error: unknown) => void;
};

type Listed = Pick<JobRow, 'id' | 'total' | 'listedAfter'>;

/** The names of the results of a page, unlike those of the pages before. */
const namesOfPage = async (
  { database }: ListNeeds,
  jobId: string,
  paths: readonly string[],
): Promise<string[]> => {
  const taken = new Set<string>();
  for (;;) {
    const names = namesOf(
      paths.map((name) => ({ image: name, name })),
      taken,
    );
    const found = await takenNames(database, jobId, names);
    if (found.length === 0) return names;
    for (const name of found) taken.add(name);
  }
};

const itemsOf = async (
  needs: ListNeeds,
  { id, total }: Listed,
  folder: JobFolder,
  paths: readonly string[],
): Promise<NewJobItem[]> => {
  const start = pathInPlace(folder, '').length;
  const names = await namesOfPage(
    needs,
    id,
    paths.map((path) => path.slice(start)),
  );
  return paths.map((path, i) => ({
    name: names[i] ?? `image-${total + i + 1}`,
    source: needs.secrets.seal(path),
    taskUuid: uuidOfName(id, `${total + i}`),
  }));
};

const tooMany = (max: number): TaskError =>
  new TaskError('invalidParameter', `The source has more than ${max} images: name a smaller folder.`, {
    parameter: 'source',
    max,
  });

const noImages = (): TaskError =>
  new TaskError('mediaNotFound', 'The source has no images: PNG, JPEG and WEBP are known by their endings.', {
    parameter: 'source',
  });

/** Adds pages until there are no more. @returns false when it is to go on later */
const listPages = async (
  needs: ListNeeds,
  job: Listed,
  folder: JobFolder,
  isOver: () => boolean,
): Promise<void> => {
  const { MAX_JOB_IMAGES: max } = needs.config;
  const files = needs.places.files('source', folder);
  const at = (folder.prefix ?? '').replace(/\/$/, '');
  for (let listed = job; ;) {
    const { paths, next } = await files.list(at, listed.listedAfter ?? undefined, namesImage);
    if (listed.total + paths.length > max) throw tooMany(max);

    const after = next ?? paths.at(-1) ?? listed.listedAfter;
    const items = await itemsOf(needs, listed, folder, paths);
    // Another program lists it, or it was cancelled.
    if (!(await appendItems(needs.database, listed, { items, after }))) return;
    listed = { id: job.id, total: listed.total + paths.length, listedAfter: after };
    if (next === undefined && listed.total === 0) throw noImages();
    if (next === undefined) return endListing(needs.database, job.id);
    if (isOver()) return;
  }
};

/**
 * Makes items of the images in the source of a job, page by page. It goes on where a program that died has stopped.
 * @returns the trouble of the place, which is waited out
 */
export const listSource = async (
  needs: ListNeeds,
  job: JobRow,
  folder: JobFolder,
  isOver: () => boolean,
): Promise<TaskError | undefined> => {
  if (job.cancelRequestedAt) {
    await endListing(needs.database, job.id);
    return undefined;
  }
  try {
    await listPages(needs, job, folder, isOver);
    return undefined;
  } catch (error) {
    const fault = faultOfFile(error, 'source', folder, (folder.prefix ?? '').replace(/\/$/, ''));
    if (fault) {
      await failListing(needs.database, job.id, problemOf(fault));
      return undefined;
    }
    needs.onPlaceTrouble(error);
    return troubleOf('source', folder, error);
  }
};
