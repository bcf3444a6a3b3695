import { TaskError, toCutout, toFailure, type Outcome, type Result, type Routing } from '#contract';
import type { Database } from './client.js';
import { imageUrl, toFinishedRemoval, toTaskError } from './finished-removal.js';
import type { Image, Task } from './generated/client.js';
import { findImage, isExpired } from './images.js';

/** Where the rows and the bytes of ended tasks are. */
export type OutcomeReader = {
  readonly database: Database;
  /** The bytes of stored images. */
  readonly storage: { readonly read: (key: string) => Promise<Buffer> };
  /** Base of the addresses of images. */
  readonly publicUrl: string;
};

export const routingOfTask = (task: Task): Routing => ({
  taskType: task.taskType,
  taskUUID: task.taskUuidSent,
});

const removed = ({ storage, publicUrl }: OutcomeReader, task: Task, image: Image): Promise<Result> =>
  toCutout(toFinishedRemoval(task, image, publicUrl), async () =>
    (await storage.read(image.storageKey)).toString('base64'),
  );

/** What a stored upload answers, by the task that brought it. */
const uploads: Record<string, (taskUUID: string, imageUUID: string, imageURL: string) => Result> = {
  imageUpload: (taskUUID, imageUUID, imageURL) => ({
    taskType: 'imageUpload',
    taskUUID,
    imageUUID,
    imageURL,
    status: 'success',
  }),
  mediaStorage: (taskUUID, mediaUUID, mediaURL) => ({
    taskType: 'mediaStorage',
    taskUUID,
    operation: 'upload',
    mediaUUID,
    mediaURL,
    status: 'success',
  }),
};

/**
 * What an ended task is to its caller, by whatever way it is told: its result, or its error with the status of its
 * code.
 *
 * @throws TaskError mediaExpired, or mediaNotFound when the bytes are gone; a fault of the storage as it is
 */
export const taskOutcome = async (reader: OutcomeReader, task: Task): Promise<Outcome> => {
  if (task.state === 'failed') return toFailure(toTaskError(task), routingOfTask(task));

  const image = await findImage(reader.database, task.outputImageId);
  if (!image || isExpired(image)) throw new TaskError('mediaExpired', 'The image of this task was deleted.');
  const upload = uploads[task.taskType];
  if (upload) return { result: upload(task.taskUuidSent, image.id, imageUrl(reader.publicUrl, image)) };
  return { result: await removed(reader, task, image) };
};
