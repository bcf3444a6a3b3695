import { TaskError, toCutout, toErrorItem, toWebhookBody, type Cutout } from '#contract';
import { findImage, toFinishedRemoval, toTaskError, type Database, type Task } from '#database';
import type { Storage } from '#storage';

export type Reader = {
  readonly database: Database;
  readonly storage: Pick<Storage, 'read'>;
  readonly publicUrl: string;
};

const readEnd = async ({ database, storage, publicUrl }: Reader, task: Task): Promise<Cutout> => {
  if (task.state === 'failed') throw toTaskError(task);
  const image = await findImage(database, task.outputImageId);
  if (!image) throw new TaskError('mediaNotFound', 'The image of this task was deleted.');

  const readBase64 = async () => (await storage.read(image.storageKey)).toString('base64');
  return toCutout(toFinishedRemoval(task, image, publicUrl), readBase64);
};

/** What the receiver is told of an ended task: its result, or why there is none. */
export const webhookBody = async (reader: Reader, task: Task): Promise<string> => {
  try {
    return JSON.stringify(toWebhookBody(await readEnd(reader, task)));
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const item = toErrorItem(error, { taskType: task.taskType, taskUUID: task.taskUuidSent });
    return JSON.stringify(toWebhookBody({ ...item, status: 'error' }));
  }
};
