import {
  Composition,
  TaskError,
  toCutout,
  toFailure,
  Warning,
  type FinishedRemoval,
  type Outcome,
  type Result,
  type Routing,
} from '#contract';
import { StoredProblem } from './claims.js';
import type { Database } from './client.js';
import { databaseNow } from './clock.js';
import type { Image, Task as TaskRow } from './generated/client.js';
import { findImage, isExpired } from './images.js';
import { RemovalRequest } from './removal-request.js';
import type { FoundTask } from './tasks.js';

/** What is needed to answer for ended tasks. */
export type OutcomeReader = {
  readonly database: Database;
  /** The bytes of stored images. */
  readonly storage: { readonly read: (key: string) => Promise<Buffer> };
  /** Base of the image URLs. */
  readonly publicUrl: string;
  /** Signs the addresses of images. */
  readonly signatures: { readonly queryOf: (name: string) => string } | undefined;
};

export const routingOfTask = (task: TaskRow): Routing => ({
  taskType: task.taskType,
  taskUUID: task.taskUuidSent,
});

/** The image's address. Only the UUID counts; the extension gives saved files a sensible name. */
const imageUrl = (
  { publicUrl, signatures }: Pick<OutcomeReader, 'publicUrl' | 'signatures'>,
  { id, storageKey }: Pick<Image, 'id' | 'storageKey'>,
): string => {
  const name = `${id}${storageKey.slice(storageKey.lastIndexOf('.'))}`;
  return `${publicUrl}/images/${name}${signatures?.queryOf(name) ?? ''}`;
};

const toFinishedRemoval = (task: TaskRow, image: Image, imageURL: string): FinishedRemoval => {
  const request = RemovalRequest.parse(task.request);
  const { outputType, otherTypes, includeCost, isNewerForm } = request;
  const found = task.warnings === null ? [] : Warning.array().parse(task.warnings);
  return {
    taskType: task.taskType,
    taskUUID: task.taskUuidSent,
    imageUUID: image.id,
    inputImageUUID: task.inputImageId,
    outputTypes: [outputType, ...otherTypes],
    imageURL,
    contentType: image.contentType,
    isNewerForm,
    ...(includeCost && task.cost && { cost: task.cost.toNumber() }),
    ...(task.composition !== null && { composition: Composition.parse(task.composition) }),
    warnings: [...request.warnings, ...found],
  };
};

const toTaskError = (task: TaskRow): TaskError => {
  const { code, message, details } = StoredProblem.parse(task.problem);
  return new TaskError(code, message, details);
};

const removed = (reader: OutcomeReader, task: TaskRow, image: Image): Promise<Result> =>
  toCutout(toFinishedRemoval(task, image, imageUrl(reader, image)), async () =>
    (await reader.storage.read(image.storageKey)).toString('base64'),
  );

/** Builds the answer to an upload, by task type. */
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
 * The answer of an ended task: its result, or its error. It is the same for every way to the caller.
 * @throws TaskError mediaExpired, or mediaNotFound when the bytes are gone
 * @throws StorageError when the storage fails
 */
export const taskOutcome = async (reader: OutcomeReader, task: FoundTask): Promise<Outcome> => {
  if (task.state === 'failed') return toFailure(toTaskError(task), routingOfTask(task));

  const image =
    task.outputImage === undefined ? await findImage(reader.database, task.outputImageId) : task.outputImage;
  if (!image || isExpired(image, await databaseNow(reader.database)))
    throw new TaskError('mediaExpired', 'The image of this task was deleted.');
  const upload = uploads[task.taskType];
  if (upload) return { result: upload(task.taskUuidSent, image.id, imageUrl(reader, image)) };
  return { result: await removed(reader, task, image) };
};
