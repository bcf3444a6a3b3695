import { atParameter, downloadImage } from '#boundary';
import { TaskError } from '#contract';
import { databaseNow, findImage, isExpired, putImage, type Database } from '#database';
import { probe, requireImageSize, requireOutputSize, type ImageLimits } from '#imaging';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import { imageKey, type Storage } from '#storage';
import type { WorkItem } from './work-item.js';

type Sources = {
  readonly database: Database;
  readonly storage: Storage;
  readonly outbound: Outbound;
  readonly secrets: Secrets;
  readonly limits: ImageLimits;
  /** The waits between the tries of a download. */
  readonly delaysMs?: readonly number[] | undefined;
};

/**
 * Returns the bytes of the task's image. An image from a URL is checked and then stored, so that later attempts,
 * and later tasks that name its UUID, need not fetch it again. The storage is probed first, so that the device
 * computes nothing that cannot be stored.
 */
export const fetchImage =
  ({ database, storage, outbound, secrets, limits, delaysMs }: Sources) =>
  async ({ task, request }: Pick<WorkItem, 'task' | 'request'>, signal: AbortSignal): Promise<Uint8Array> => {
    const { parameter, outputFormat } = request;
    await storage.probe();
    const image = await findImage(database, task.inputImageId);
    if (image && !isExpired(image, await databaseNow(database))) {
      await atParameter(parameter, () => {
        requireImageSize(image, limits);
        requireOutputSize(image, outputFormat);
      });
      return storage.read(image.storageKey);
    }
    if (task.inputUrl === null) throw new TaskError('mediaExpired', 'The image was deleted.', { parameter });

    const url = secrets.open(task.inputUrl);
    const bytes = await downloadImage(outbound, { url, parameter, delaysMs }, signal);
    const { contentType, extension, width, height } = await atParameter(parameter, async () => {
      const header = await probe(bytes, limits);
      requireOutputSize(header, outputFormat);
      return header;
    });
    const storageKey = imageKey('inputs', task.inputImageId, extension);
    await storage.write(storageKey, bytes);
    const facts = { contentType, bytes: bytes.byteLength, width, height };
    const row = { id: task.inputImageId, ownerId: task.ownerId, storageKey, ...facts };
    await putImage(database, row, await databaseNow(database));
    return bytes;
  };
