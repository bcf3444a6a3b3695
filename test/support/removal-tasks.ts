import { randomUUID } from 'node:crypto';
import {
  claimTask,
  failTask,
  findOwner,
  finishTask,
  insertTask,
  type NewTask,
  type StoredProblem,
  type TaskRow,
} from '#database';
import type { Service } from './service.js';

/** Inserts a task's row without the gateway. Its image is at imageUrl. */
export const insertRemoval = async (
  { database, key, secrets }: Service,
  { imageUrl = 'http://127.0.0.1/none', uploadUrl, webhookUrl, request = {}, ...more }: RemovalOptions = {},
): Promise<TaskRow> => {
  const owner = await findOwner(database, key);
  const removal = {
    ownerId: owner?.id ?? '',
    taskUuidSent: randomUUID().toUpperCase(),
    taskType: 'removeBackground',
    model: 'runware:109@1',
    request: {
      parameter: 'inputImage',
      outputType: 'URL',
      outputFormat: 'PNG',
      outputQuality: 95,
      includeCost: false,
      ...request,
    },
    payloadHash: randomUUID(),
    inputImageId: randomUUID(),
    outputImageId: randomUUID(),
    inputUrl: secrets.seal(imageUrl),
    uploadUrl: uploadUrl ? secrets.seal(uploadUrl) : null,
    webhookUrl: webhookUrl ? secrets.seal(webhookUrl) : null,
    webhookHost: webhookUrl ? new URL(webhookUrl).host : null,
    ...more,
  };
  const task = await insertTask(database, removal, 1);
  if (!task) throw new Error('the task was not inserted');
  return task;
};
export type RemovalOptions = Partial<NewTask> & { readonly imageUrl?: string };

const claim = async (service: Service, options: RemovalOptions): Promise<TaskRow> => {
  const { id } = await insertRemoval(service, options);
  const task = await claimTask(service.database, id);
  if (!task) throw new Error('the task could not be claimed');
  return task;
};

/** A task that has succeeded, with an image's row. */
export const insertSucceeded = async (service: Service, options: RemovalOptions = {}): Promise<TaskRow> => {
  const task = await claim(service, options);
  const { outputImageId: id, ownerId } = task;
  const facts = { storageKey: `outputs/${id}.png`, contentType: 'image/png', bytes: 6, width: 1, height: 1 };
  const run = { provider: 'cpu', device: 'cpu', weightsSha256: '' };
  await finishTask(service.database, task, {
    image: { id, ownerId, ...facts },
    cost: '0.0006',
    run,
    stages: {},
  });
  return task;
};

/** A task that has failed. */
export const insertFailed = async (
  service: Service,
  problem: StoredProblem,
  options: RemovalOptions = {},
): Promise<TaskRow> => {
  const task = await claim(service, options);
  await failTask(service.database, task, problem);
  return task;
};
