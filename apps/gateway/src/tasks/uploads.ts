import { atParameter, downloadImage } from '#boundary';
import {
  parseImageSource,
  TaskError,
  type ImageUpload,
  type MediaStorage,
  type Outcome,
  type ParsedSource,
} from '#contract';
import { findStanding, forgetImage, type Database, type NewTask, type Owner } from '#database';
import { verify } from '#imaging';
import { token } from '#nest';
import type { Outbound } from '#outbound';
import type { Accept } from './accept.js';
import type { Handlers } from './handlers.js';
import { describeInline } from './input-image.js';
import { payloadHash } from './payload-hash.js';
import type { ReadOutcome } from './read-outcome.js';

type Needs = {
  readonly accept: Accept;
  readonly config: { readonly MAX_IMAGE_SIDE: number };
  readonly database: Database;
  readonly outbound: Pick<Outbound, 'fetchBytes'>;
  readonly readOutcome: ReadOutcome;
};

/** An image to store, whatever the task that brings it is called. */
type Upload = {
  readonly taskType: 'imageUpload' | 'mediaStorage';
  readonly taskUUID: string;
  readonly text: string;
  /** The parameter that holds it, for errors. */
  readonly parameter: 'image' | 'media';
};

const readBytes = (
  { outbound }: Needs,
  source: ParsedSource,
  parameter: string,
): Promise<Buffer> | Buffer => {
  if (source.kind === 'inline') return source.bytes;
  if (source.kind === 'url') return downloadImage(outbound, { url: source.url, parameter });
  throw new TaskError('invalidInputImage', `'${parameter}' names an image that is stored already.`, {
    parameter,
  });
};

/** Stores an image that decodes. Recorded as a task that is done, so that a repeated upload is answered alike. */
const upload = async (
  needs: Needs,
  owner: Owner,
  { taskType, taskUUID, text, parameter }: Upload,
): Promise<Outcome> => {
  const source = parseImageSource(text, parameter);
  const hash = payloadHash({ taskType }, source);
  const standing = await findStanding(needs.database, owner.id, taskUUID, hash);
  if (standing.kind === 'attached') return needs.readOutcome(standing.task);

  const bytes = await readBytes(needs, source, parameter);
  const image = await describeInline(needs.config, bytes, owner.id, parameter);
  await atParameter(parameter, () => verify(bytes));

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
  const { task } = await needs.accept(newTask, image);
  return needs.readOutcome(task);
};

const remove = async (
  { database }: Needs,
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

/** Stores an image, or deletes a stored one at once: its address answers 410 from then on. */
const storeOrDelete = (needs: Needs, owner: Owner, task: MediaStorage): Promise<Outcome> => {
  if (task.operation === 'delete') return remove(needs, owner, task);
  const { taskType, taskUUID, media } = task;
  return upload(needs, owner, { taskType, taskUUID, text: media, parameter: 'media' });
};

const price = async (
  _owner: Owner,
  { taskType, taskUUID }: ImageUpload | MediaStorage,
): Promise<Outcome> => ({
  result: { taskType, taskUUID, cost: 0 },
});

type Uploads = Pick<Handlers, 'imageUpload' | 'mediaStorage'>;

export const UPLOADS = token<Uploads>('uploads');

/** Images that are stored, or deleted, without being processed. */
export const createUploads = (needs: Needs): Uploads => ({
  imageUpload: {
    run: (owner, { taskType, taskUUID, image }) =>
      upload(needs, owner, { taskType, taskUUID, text: image, parameter: 'image' }),
    dryRun: price,
  },
  mediaStorage: { run: (owner, task) => storeOrDelete(needs, owner, task), dryRun: price },
});
