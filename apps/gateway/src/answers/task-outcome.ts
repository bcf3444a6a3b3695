import { TaskError, toCutout, toFailure, type Outcome, type Result, type Routing } from '#contract';
import {
  findImage,
  imageUrl,
  isExpired,
  toFinishedRemoval,
  toTaskError,
  type Image,
  type Task,
} from '#database';
import type { Edges } from '../edges.js';

type Reader = Pick<Edges, 'config' | 'database' | 'storage'>;

export const routingOfTask = (task: Task): Routing => ({
  taskType: task.taskType,
  taskUUID: task.taskUuidSent,
});

const removed = ({ config, storage }: Reader, task: Task, image: Image): Promise<Result> =>
  toCutout(toFinishedRemoval(task, image, config.PUBLIC_URL), async () =>
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

/** What an ended task is to its caller: its result, or its error with the status of its code. */
export const taskOutcome = async (reader: Reader, task: Task): Promise<Outcome> => {
  if (task.state === 'failed') return toFailure(toTaskError(task), routingOfTask(task));

  const image = await findImage(reader.database, task.outputImageId);
  if (!image || isExpired(image)) throw new TaskError('mediaExpired', 'The image of this task was deleted.');
  const upload = uploads[task.taskType];
  if (upload)
    return { result: upload(task.taskUuidSent, image.id, imageUrl(reader.config.PUBLIC_URL, image)) };
  return { result: await removed(reader, task, image) };
};
