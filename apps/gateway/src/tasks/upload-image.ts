import {
  MAX_IMAGE_BYTES,
  parseImageSource,
  TaskError,
  type ImageUpload,
  type Outcome,
  type ParsedSource,
} from '#contract';
import { findStanding, type NewTask, type Owner } from '#database';
import { verify } from '#imaging';
import { taskOutcome } from '../answers/task-outcome.js';
import type { Edges } from '../edges.js';
import { accept } from './accept.js';
import { payloadHash } from './payload-hash.js';
import { describeInline } from './remove-background.js';

const PARAMETER = 'image';
const limits = { maxBytes: MAX_IMAGE_BYTES, timeoutMs: 30_000, idleTimeoutMs: 10_000, parameter: PARAMETER };

const readBytes = ({ outbound }: Edges, source: ParsedSource): Promise<Buffer> | Buffer => {
  if (source.kind === 'inline') return source.bytes;
  if (source.kind === 'url') return outbound.fetchBytes(source.url, limits);
  const message = `'${PARAMETER}' names an image that is stored already.`;
  throw new TaskError('invalidInputImage', message, { parameter: PARAMETER });
};

/** Stores an image that decodes. Recorded as a task that is done, so that a repeated upload is answered alike. */
export const uploadImage = async (edges: Edges, owner: Owner, asked: ImageUpload): Promise<Outcome> => {
  const { taskType, taskUUID } = asked;
  const source = parseImageSource(asked.image, PARAMETER);
  const hash = payloadHash({ taskType }, source);
  const standing = await findStanding(edges.database, owner.id, taskUUID, hash);
  if (standing.kind === 'attached') return taskOutcome(edges, standing.task);

  const bytes = await readBytes(edges, source);
  const image = await describeInline(bytes, owner.id, PARAMETER);
  await verify(bytes, PARAMETER);

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
