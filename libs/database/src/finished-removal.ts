import { TaskError, Warning, type FinishedRemoval } from '#contract';
import type { Image, Task } from './generated/client.js';
import { StoredProblem } from './claims.js';
import { RemovalRequest } from './removal-request.js';

/** The address of an image; the extension is for those who save it, the UUID is what counts. */
export const imageUrl = (publicUrl: string, { id, storageKey }: Pick<Image, 'id' | 'storageKey'>): string =>
  `${publicUrl}/images/${id}${storageKey.slice(storageKey.lastIndexOf('.'))}`;

/** What the rows know of a removal that succeeded. */
export const toFinishedRemoval = (task: Task, image: Image, publicUrl: string): FinishedRemoval => {
  const { outputType, includeCost, isNewerForm } = RemovalRequest.parse(task.request);
  return {
    taskType: task.taskType,
    taskUUID: task.taskUuidSent,
    imageUUID: image.id,
    inputImageUUID: task.inputImageId,
    outputType,
    imageURL: imageUrl(publicUrl, image),
    contentType: image.contentType,
    isNewerForm,
    ...(includeCost && task.cost && { cost: task.cost.toNumber() }),
    ...(task.warnings !== null && { warnings: Warning.array().parse(task.warnings) }),
  };
};

/** Why a task failed, as it was thrown. */
export const toTaskError = (task: Task): TaskError => {
  const { code, message, details } = StoredProblem.parse(task.problem);
  return new TaskError(code, message, details);
};
