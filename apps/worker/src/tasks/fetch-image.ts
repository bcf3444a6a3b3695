import { MAX_IMAGE_BYTES, requireImageSize, requireOutputSize, TaskError } from '#contract';
import { findImage, isExpired, putImage, type Database } from '#database';
import { probe } from '#imaging';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import { imageKey, type Storage } from '#storage';
import type { Removal } from './remove-background.js';

const limits = { maxBytes: MAX_IMAGE_BYTES, timeoutMs: 30_000, idleTimeoutMs: 10_000 };

type Sources = {
  readonly database: Database;
  readonly storage: Storage;
  readonly outbound: Outbound;
  readonly secrets: Secrets;
  /** Pixels that a side of an image may have. */
  readonly maxSide: number;
};

/**
 * The bytes of the task's image. One that is fetched from a URL is stored first, so that a later attempt, and
 * later tasks that name its inputImageUUID, need not fetch it again. Its size is checked before anything is stored.
 * A storage that takes no result is found here, before the device works in vain.
 */
export const fetchImage =
  ({ database, storage, outbound, secrets, maxSide }: Sources) =>
  async ({ task, request }: Removal, signal: AbortSignal): Promise<Uint8Array> => {
    const { parameter, outputFormat } = request;
    await storage.probe();
    const image = await findImage(database, task.inputImageId);
    if (image && !isExpired(image)) {
      requireImageSize(image, maxSide, parameter);
      requireOutputSize(image, outputFormat, parameter);
      return storage.read(image.storageKey);
    }
    if (task.inputUrl === null) throw new TaskError('mediaExpired', 'The image was deleted.', { parameter });

    const bytes = await outbound.fetchBytes(secrets.open(task.inputUrl), { ...limits, parameter }, signal);
    const { contentType, extension, width, height } = await probe(bytes, parameter, maxSide);
    requireOutputSize({ width, height }, outputFormat, parameter);
    const storageKey = imageKey('inputs', task.inputImageId, extension);
    await storage.write(storageKey, bytes);
    const facts = { contentType, bytes: bytes.byteLength, width, height };
    await putImage(database, { id: task.inputImageId, ownerId: task.ownerId, storageKey, ...facts });
    return bytes;
  };
