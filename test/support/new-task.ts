import { randomUUID } from 'node:crypto';
import type { NewTask } from '#database';

/** A removal as the gateway would store it, with ids of its own. */
export const newTaskOf = (ownerId: string, more: Partial<NewTask> = {}): NewTask => ({
  ownerId,
  taskUuidSent: randomUUID(),
  taskType: 'removeBackground',
  model: 'runware:109@1',
  request: {},
  payloadHash: 'hash',
  inputImageId: randomUUID(),
  outputImageId: randomUUID(),
  ...more,
});
