import {
  MAX_IMAGE_BYTES,
  parseImageSource,
  TaskError,
  type ImageUpload,
  type MediaStorage,
  type Outcome,
  type ParsedSource,
} from '#contract';
import { findStanding, forgetImage, type NewTask, type Owner, taskOutcome } from '#database';
import { verify } from '#imaging';
import type { Edges } from '../edges.js';
import { accept } from './accept.js';
import { payloadHash } from './payload-hash.js';
import { describeInline } from './remove-background.js';

const limits = { maxBytes: MAX_IMAGE_BYTES, timeoutMs: 30_000, idleTimeoutMs: 10_000 };

/** An image to store, whatever the task that brings it is called. */
type Upload = {
  readonly taskType: 'imageUpload' | 'mediaStorage';
  readonly taskUUID: string;
  readonly text: string;
  /** The parameter that holds it, for errors. */
  readonly parameter: 'image' | 'media';
};

const readBytes = (
  { outbound }: Edges,
  source: ParsedSource,
  parameter: string,
): Promise<Buffer> | Buffer => {
  if (source.kind === 'inline') return source.bytes;
  if (source.kind === 'url') return outbound.fetchBytes(source.url, { ...limits, parameter });
  throw new TaskError('invalidInputImage', `'${parameter}' names an image that is stored already.`, {
    parameter,
  });
};

/** Stores an image that decodes. Recorded as a task that is done, so that a repeated upload is answered alike. */
const upload = async (
  edges: Edges,
  owner: Owner,
  { taskType, taskUUID, text, parameter }: Upload,
): Promise<Outcome> => {
  const source = parseImageSource(text, parameter);
  const hash = payloadHash({ taskType }, source);
  const standing = await findStanding(edges.database, owner.id, taskUUID, hash);
  if (standing.kind === 'attached') return taskOutcome(edges, standing.task);

  const bytes = await readBytes(edges, source, parameter);
  const image = await describeInline(edges, bytes, owner.id, parameter);
  await verify(bytes, parameter);

  const newTask: NewTask = {
    ownerId: owner.id,
    taskUuidSent: taskUUID,
    taskType,
    model: null,
    request: {},
    payloadHash: hash,
    inputImageId: image.row.id,
    outputImageId: image.row.id,
    state: 'succeeded',
  };
  const { task } = await accept(edges, newTask, image);
  return taskOutcome(edges, task);
};

const remove = async (
  { database }: Edges,
  owner: Owner,
  { taskUUID, media }: MediaStorage,
): Promise<Outcome> => {
  const parameter = 'media';
  const source = parseImageSource(media, parameter);
  const image = source.kind === 'stored' && (await forgetImage(database, owner.id, source.imageUuid));
  if (!image) throw new TaskError('mediaNotFound', 'There is no such image to delete.', { parameter });
  return {
    result: {
      taskType: 'mediaStorage',
      taskUUID,
      operation: 'delete',
      mediaUUID: image.id,
      status: 'success',
    },
  };
};

export const uploadImage = (
  edges: Edges,
  owner: Owner,
  { taskType, taskUUID, image }: ImageUpload,
): Promise<Outcome> => upload(edges, owner, { taskType, taskUUID, text: image, parameter: 'image' });

/** Stores an image, or deletes a stored one at once: its address answers 410 from then on. */
export const mediaStorage = (edges: Edges, owner: Owner, task: MediaStorage): Promise<Outcome> => {
  if (task.operation === 'delete') return remove(edges, owner, task);
  const { taskType, taskUUID, media } = task;
  return upload(edges, owner, { taskType, taskUUID, text: media, parameter: 'media' });
};
