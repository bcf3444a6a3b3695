import { Readable } from 'node:stream';
import { TaskError, type ErrorItem, type JobItem } from '#contract';
import { listItems, type JobItemRow, type JobRow, type Owner } from '#database';
import type { OpenedImage } from '#storage';
import { makeZip } from 'client-zip';
import { openPicture, type OpenPictureNeeds } from '../cutout/open-picture.js';
import { describeItems, requireJob, type ReadNeeds } from './read-jobs.js';

export type ZipNeeds = ReadNeeds & OpenPictureNeeds;

/** Items that are read at once. */
const PAGE = 100;

type Entry = { readonly name: string; readonly lastModified: Date; readonly input: Readable | string };

/** Why an image of the job has no file in the ZIP. */
type Missing = Pick<JobItem, 'place' | 'name' | 'taskUUID'> & { readonly error: ErrorItem };

async function* endedItems({ database }: ZipNeeds, jobId: string): AsyncGenerator<JobItemRow[]> {
  let after = -1;
  for (;;) {
    const page = await listItems(database, jobId, {
      after,
      limit: PAGE,
      states: ['succeeded', 'failed', 'cancelled'],
    });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.place ?? after;
  }
}

type Opened = { readonly opened: OpenedImage; readonly extension: string; readonly madeAt: Date };

/** @returns the reason where the image is gone */
const open = async (needs: ZipNeeds, item: JobItem): Promise<Opened | ErrorItem> => {
  if (!item.result)
    return item.error ?? { code: 'mediaExpired', message: 'The result of this task was deleted.' };
  try {
    const { image, opened } = await openPicture(needs, item.result);
    const extension = image.storageKey.slice(image.storageKey.lastIndexOf('.'));
    return { opened, extension, madeAt: image.createdAt };
  } catch (error) {
    if (error instanceof TaskError) return { code: error.code, message: error.message };
    throw error;
  }
};

async function* entriesOf(needs: ZipNeeds, job: JobRow): AsyncGenerator<Entry> {
  const missing: Missing[] = [];
  for await (const page of endedItems(needs, job.id)) {
    for (const item of await describeItems(needs, job, page)) {
      const file = await open(needs, item);
      if ('code' in file) {
        const { place, name, taskUUID } = item;
        missing.push({ place, name, taskUUID, error: file });
        continue;
      }
      const { opened, extension, madeAt } = file;
      try {
        yield { name: `${item.name}${extension}`, lastModified: madeAt, input: opened.stream };
      } finally {
        opened.stream.destroy();
      }
    }
  }
  if (missing.length > 0)
    yield { name: 'errors.json', lastModified: new Date(), input: `${JSON.stringify(missing, null, 2)}\n` };
}

/**
 * A ZIP of the job's results so far, with the reasons of failures. It is made while it is sent.
 * @throws TaskError jobNotFound
 */
export const zipResults = async (needs: ZipNeeds, owner: Owner, jobUuid: string): Promise<Readable> => {
  const job = await requireJob(needs.database, owner, jobUuid);
  return Readable.fromWeb(makeZip(entriesOf(needs, job)) as Parameters<typeof Readable.fromWeb>[0]);
};
