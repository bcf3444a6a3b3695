import { atParameter, downloadImage } from '#boundary';
import { TaskError } from '#contract';
import {
  databaseNow,
  findImage,
  FurtherImages,
  isExpired,
  putImage,
  type Database,
  type Image,
} from '#database';
import { probe, requireImageSize, requireOutputSize, type ImageLimits, type ImageSize } from '#imaging';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import { imageKey, type Storage } from '#storage';
import type { TaskImages, WorkItem } from './work-item.js';

type Sources = {
  readonly database: Database;
  readonly storage: Storage;
  readonly outbound: Outbound;
  readonly secrets: Secrets;
  readonly limits: ImageLimits;
  /** The waits between the tries of a download. */
  readonly delaysMs?: readonly number[] | undefined;
};

/** One image of a task. */
type Wanted = {
  readonly imageId: string;
  /** Its row, if that was read before. */
  readonly row?: Image | null;
  readonly ownerId: string;
  readonly parameter: string;
  /** Where it is to be fetched, if it is not stored. Sealed. */
  readonly url?: string | null;
  /** @throws ImageError */
  readonly requireSize: (size: ImageSize) => void;
};

/** An image from a URL is checked and then stored. */
const download = async (sources: Sources, wanted: Wanted, url: string, signal: AbortSignal) => {
  const { database, storage, outbound, secrets, limits, delaysMs } = sources;
  const { imageId: id, ownerId, parameter, requireSize } = wanted;
  const from = { url: secrets.open(url), parameter, delaysMs };
  const bytes = await downloadImage(outbound, from, signal);
  const { contentType, extension, width, height } = await atParameter(parameter, async () => {
    const header = await probe(bytes, limits);
    requireSize(header);
    return header;
  });
  const storageKey = imageKey('inputs', id, extension);
  await storage.write(storageKey, bytes);
  const facts = { contentType, bytes: bytes.byteLength, width, height };
  await putImage(database, { id, ownerId, storageKey, ...facts }, await databaseNow(database));
  return bytes;
};

const fetchOne = async (sources: Sources, wanted: Wanted, signal: AbortSignal): Promise<Uint8Array> => {
  const { database, storage } = sources;
  const { parameter, url } = wanted;
  const { row: image = await findImage(database, wanted.imageId) } = wanted;
  if (image && !isExpired(image, await databaseNow(database))) {
    await atParameter(parameter, () => {
      requireImageSize(image, sources.limits);
      wanted.requireSize(image);
    });
    return storage.read(image.storageKey);
  }
  if (!url) throw new TaskError('mediaExpired', 'The image was deleted.', { parameter });
  return download(sources, wanted, url, signal);
};

/**
 * Returns the bytes of the task's images. Those from a URL are stored, so that later attempts, and later tasks that name
 * their UUIDs, need not fetch them again. The storage is probed first, so that the device computes nothing that cannot
 * be stored.
 */
export const fetchImages =
  (sources: Sources) =>
  async ({ task, request }: Pick<WorkItem, 'task' | 'request'>, signal: AbortSignal): Promise<TaskImages> => {
    const { inputImageId: imageId, inputImage: row, inputUrl: url, ownerId } = task;
    const { parameter, outputFormat, finishing } = request;
    await sources.storage.probe();
    // The canvas of a composition has a size of its own.
    const requireSize = (size: ImageSize) =>
      finishing.compose ? undefined : requireOutputSize(size, outputFormat);
    const bytes = await fetchOne(sources, { imageId, row, ownerId, parameter, url, requireSize }, signal);
    const further = new Map<string, Uint8Array>();
    for (const each of FurtherImages.parse(task.furtherImages ?? [])) {
      const wanted = { ...each, ownerId, requireSize: () => undefined };
      further.set(each.parameter, await fetchOne(sources, wanted, signal));
    }
    return { bytes, further };
  };
