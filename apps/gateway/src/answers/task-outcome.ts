import { TaskError, toFailure, type Cutout, type Outcome, type Routing, type UploadedImage } from '#contract';
import { findImage, RemovalRequest, StoredProblem, type Image, type Task } from '#database';
import type { Edges } from '../edges.js';

type ImageFields = Pick<Cutout, 'imageURL' | 'imageBase64Data' | 'imageDataURI'>;
type Reader = Pick<Edges, 'config' | 'database' | 'storage'>;

export const routingOfTask = (task: Task): Routing => ({
  taskType: task.taskType,
  taskUUID: task.taskUuidSent,
});

/** The address of an image; the extension is for those who save it, the UUID is what counts. */
const imageUrl = (publicUrl: string, image: Pick<Image, 'id' | 'storageKey'>): string =>
  `${publicUrl}/images/${image.id}${image.storageKey.slice(image.storageKey.lastIndexOf('.'))}`;

const base64 = async ({ storage }: Reader, image: Image) =>
  (await storage.read(image.storageKey)).toString('base64');

/** The one field that carries the image, by the outputType that was asked for. */
const imageFields: Record<
  RemovalRequest['outputType'],
  (reader: Reader, image: Image) => Promise<ImageFields>
> = {
  URL: async ({ config }, image) => ({ imageURL: imageUrl(config.PUBLIC_URL, image) }),
  base64Data: async (reader, image) => ({ imageBase64Data: await base64(reader, image) }),
  dataURI: async (reader, image) => ({
    imageDataURI: `data:${image.contentType};base64,${await base64(reader, image)}`,
  }),
};

const uploaded = ({ config }: Reader, task: Task, image: Image): UploadedImage => ({
  taskType: 'imageUpload',
  taskUUID: task.taskUuidSent,
  imageUUID: image.id,
  imageURL: imageUrl(config.PUBLIC_URL, image),
  status: 'success',
});

const removed = async (reader: Reader, task: Task, image: Image): Promise<Cutout> => {
  const { outputType, includeCost } = RemovalRequest.parse(task.request);
  return {
    taskType: task.taskType,
    taskUUID: task.taskUuidSent,
    imageUUID: image.id,
    inputImageUUID: task.inputImageId,
    ...(await imageFields[outputType](reader, image)),
    status: 'success',
    ...(includeCost && task.cost && { cost: task.cost.toNumber() }),
  };
};

/** What an ended task is to its caller: its result, or its error with the status of its code. */
export const taskOutcome = async (reader: Reader, task: Task): Promise<Outcome> => {
  if (task.state === 'failed') {
    const { code, message, details } = StoredProblem.parse(task.problem);
    return toFailure(new TaskError(code, message, details), routingOfTask(task));
  }
  const image = await findImage(reader.database, task.outputImageId);
  if (!image) throw new TaskError('mediaNotFound', 'The image of this task was deleted.');
  const result =
    task.taskType === 'imageUpload' ? uploaded(reader, task, image) : await removed(reader, task, image);
  return { result };
};
