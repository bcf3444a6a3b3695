import { randomUUID } from 'node:crypto';
import {
  parseImageSource,
  TaskError,
  toFailure,
  type Outcome,
  type ParsedSource,
  type RemoveBackground,
} from '#contract';
import { useImage, type NewImage, type NewTask, type Owner, type RemovalRequest, type Task } from '#database';
import { probe } from '#imaging';
import { imageKey } from '#storage';
import { routingOfTask, taskOutcome } from '../answers/task-outcome.js';
import type { Edges } from '../edges.js';
import { accept, type InlineImage } from './accept.js';
import { payloadHash } from './payload-hash.js';

const PARAMETER = 'inputImage';

type Input = {
  readonly inputImageId: string;
  readonly source: RemovalRequest['source'];
  readonly image?: InlineImage;
};

/** Looks at an image that came inside a request and gives it a row. */
export const describeInline = async (
  bytes: Buffer,
  ownerId: string,
  parameter: string,
): Promise<InlineImage> => {
  const { contentType, extension, width, height } = await probe(bytes, parameter);
  const id = randomUUID();
  const facts = { contentType, bytes: bytes.byteLength, width, height };
  const row: NewImage = { id, ownerId, storageKey: imageKey('inputs', id, extension), ...facts };
  return { row, bytes };
};

const resolveInput = async (edges: Edges, owner: Owner, source: ParsedSource): Promise<Input> => {
  if (source.kind === 'url') return { inputImageId: randomUUID(), source };
  if (source.kind === 'inline') {
    const image = await describeInline(source.bytes, owner.id, PARAMETER);
    return { inputImageId: image.row.id, source: { kind: 'stored' }, image };
  }
  const image = await useImage(edges.database, owner.id, source.imageUuid);
  if (image) return { inputImageId: image.id, source: { kind: 'stored' } };
  throw new TaskError('mediaNotFound', `There is no image ${source.imageUuid}.`, { parameter: PARAMETER });
};

const requireModel = ({ catalogue }: Edges, air: string) => {
  if (catalogue.has(air)) return;
  const details = { parameter: 'model', allowedValues: [...catalogue.keys()] };
  throw new TaskError('invalidModel', `There is no model ${JSON.stringify(air)}.`, details);
};

/** The sweep of the dispatcher enqueues what could not be enqueued here, so the task is accepted all the same. */
const enqueue = async ({ queue, log }: Edges, task: Task) => {
  try {
    await queue.add(task.id);
  } catch (error) {
    log.warn({ err: error, taskId: task.id }, 'queue away: left to the sweep');
  }
};

const waitForEnd = async (edges: Edges, task: Task, enqueued: () => Promise<void>): Promise<Outcome> => {
  if (task.finishedAt) return taskOutcome(edges, task);

  const timeoutMs = edges.config.SYNC_TIMEOUT_S * 1000;
  const waiting = edges.waitingRoom.wait(task.id, timeoutMs);
  await enqueued();
  const waited = await waiting;
  if (waited === 'timeout') {
    const message = `The task is not done after ${edges.config.SYNC_TIMEOUT_S} s; it goes on, ask for it by getResponse.`;
    return toFailure(new TaskError('processingTimeout', message), routingOfTask(task));
  }
  if (waited === 'closing') {
    const message = 'The service is stopping; the task is kept, send it again to get its result.';
    return toFailure(new TaskError('serviceUnavailable', message), routingOfTask(task));
  }
  return taskOutcome(edges, waited);
};

/** Accepts a removal; answers its result, or for async callers an acknowledgement. */
export const removeBackground = async (
  edges: Edges,
  owner: Owner,
  asked: RemoveBackground,
): Promise<Outcome> => {
  const { taskType, taskUUID, inputImage, model, deliveryMethod, ...output } = asked;
  requireModel(edges, model);
  const source = parseImageSource(inputImage, PARAMETER);
  const { image, ...input } = await resolveInput(edges, owner, source);

  const request: RemovalRequest = { source: input.source, parameter: PARAMETER, ...output };
  const newTask: NewTask = {
    ownerId: owner.id,
    taskUuidSent: taskUUID,
    taskType,
    model,
    request,
    payloadHash: payloadHash({ taskType, model, ...output }, source),
    inputImageId: input.inputImageId,
    outputImageId: randomUUID(),
  };
  const { task, isNew } = await accept(edges, newTask, image);
  const enqueued = async () => {
    if (isNew) await enqueue(edges, task);
  };

  if (deliveryMethod === 'sync') return waitForEnd(edges, task, enqueued);
  await enqueued();
  return { result: { taskType: task.taskType, taskUUID: task.taskUuidSent } };
};
