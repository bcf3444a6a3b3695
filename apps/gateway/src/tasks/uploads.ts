import { atParameter } from '#boundary';
import type { ServiceConfig } from '#config';
import {
  parseImageSource,
  TaskError,
  releasing,
  type ImageBytes,
  type ImageText,
  type ImageUpload,
  type MediaStorage,
  type Outcome,
  type ParsedSource,
} from '#contract';
import {
  databaseNow,
  findImage,
  findStanding,
  forgetImage,
  isExpired,
  type Database,
  type NewTask,
  type Owner,
} from '#database';
import { requireEnd } from '#imaging';
import { token } from '#nest';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import type { Accept } from './accept.js';
import type { Admission } from './admission.js';
import type { FetchImage } from './fetch-image.js';
import type { Handlers } from './handlers.js';
import { checkAddresses } from './check-addresses.js';
import { describeInline } from './input-image.js';
import { payloadHash } from './payload-hash.js';
import type { ReadOutcome } from './read-outcome.js';
import { sealSentTask, type SentTask } from './sent-task.js';

type Needs = {
  readonly accept: Accept;
  readonly admission: Pick<Admission, 'admitUpload'>;
  readonly config: Pick<ServiceConfig, 'MAX_IMAGE_SIDE' | 'MAX_IMAGE_MEGAPIXELS'>;
  readonly database: Database;
  /** Keeps an image from a URL while the work on it runs. */
  readonly fetchImage: FetchImage;
  readonly outbound: Pick<Outbound, 'checkUrl'>;
  readonly readOutcome: ReadOutcome;
  readonly secrets: Pick<Secrets, 'seal'>;
};

/** An image to store, of either task type. */
type Upload = {
  readonly taskType: 'imageUpload' | 'mediaStorage';
  readonly taskUUID: string;
  readonly text: ImageText;
  /** The parameter that holds it, for errors. */
  readonly parameter: 'image' | 'media';
};

const storedAlready = (parameter: string): TaskError => {
  const message = `'${parameter}' names an image that is stored already.`;
  return new TaskError('invalidInputImage', message, { parameter });
};

const withBytes = async <T>(
  { fetchImage }: Needs,
  owner: Owner,
  { source, parameter }: { readonly source: ParsedSource; readonly parameter: string },
  work: (bytes: ImageBytes) => Promise<T>,
): Promise<T> => {
  if (source.kind === 'inline') return work(source.image);
  if (source.kind === 'url') return fetchImage(owner.id, { url: source.url, parameter }, work);
  throw storedAlready(parameter);
};

/** @throws TaskError when its format is not supported, or it is too large or ends early */
const takeImage = async ({ config }: Needs, bytes: ImageBytes, ownerId: string, parameter: string) => {
  const image = await describeInline(config, bytes, ownerId, parameter);
  await atParameter(parameter, () => requireEnd(bytes));
  return image;
};

/** Stores an image that is whole. A worker decodes it. The upload is recorded as an ended task, so that a repetition gets the same answer. */
const upload = async (
  needs: Needs,
  owner: Owner,
  { taskType, taskUUID, text, parameter }: Upload,
  sent: SentTask,
): Promise<Outcome> => {
  const source = await parseImageSource(text, parameter);
  const hash = await payloadHash({ taskType }, source);
  const standing = await findStanding(needs.database, owner.id, taskUUID, hash);
  if (standing.kind === 'attached') return needs.readOutcome(standing.task);

  needs.admission.admitUpload(owner);
  return withBytes(needs, owner, { source, parameter }, async (bytes) => {
    const image = await takeImage(needs, bytes, owner.id, parameter);
    const newTask: NewTask = {
      ownerId: owner.id,
      keyId: owner.key.id,
      taskUuidSent: taskUUID,
      taskType,
      model: null,
      request: {},
      sentTask: sealSentTask(needs.secrets, sent),
      payloadHash: hash,
      inputImageId: image.row.id,
      outputImageId: image.row.id,
      state: 'succeeded',
    };
    const { task } = await needs.accept({ caller: owner, task: newTask, images: [image] });
    return needs.readOutcome(task);
  });
};

const noSuchImage = () =>
  new TaskError('mediaNotFound', 'There is no such image to delete.', { parameter: 'media' });

const remove = async (
  { database }: Needs,
  owner: Owner,
  { taskUUID, media }: MediaStorage,
): Promise<Outcome> => {
  const source = await parseImageSource(media, 'media');
  const image = source.kind === 'stored' && (await forgetImage(database, owner.id, source.imageUuid));
  if (!image) throw noSuchImage();
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

const toUpload = (task: ImageUpload | MediaStorage): Upload => {
  const { taskType, taskUUID } = task;
  return task.taskType === 'imageUpload'
    ? { taskType, taskUUID, text: task.image, parameter: 'image' }
    : { taskType, taskUUID, text: task.media, parameter: 'media' };
};

/** Stores an image, or deletes a stored one at once: its address answers 410 from then on. */
const storeOrDelete = (needs: Needs, owner: Owner, task: MediaStorage, sent: SentTask): Promise<Outcome> =>
  task.operation === 'delete' ? remove(needs, owner, task) : upload(needs, owner, toUpload(task), sent);

const free = ({ taskType, taskUUID }: ImageUpload | MediaStorage): Outcome => ({
  result: { taskType, taskUUID, cost: 0 },
});

/** Checks what an upload brings, and stores nothing. An image at a URL is not fetched. */
const checkUpload = async (
  needs: Needs,
  owner: Owner,
  task: ImageUpload | MediaStorage,
): Promise<Outcome> => {
  const { text, parameter } = toUpload(task);
  const source = await parseImageSource(text, parameter);
  if (source.kind === 'stored') throw storedAlready(parameter);
  if (source.kind === 'url') await checkAddresses(needs.outbound, { [parameter]: source.url });
  else await takeImage(needs, source.image, owner.id, parameter);
  return free(task);
};

/** Checks an upload, or whether there is an image to delete. */
const checkMedia = async (needs: Needs, owner: Owner, task: MediaStorage): Promise<Outcome> => {
  if (task.operation !== 'delete') return checkUpload(needs, owner, task);
  const source = await parseImageSource(task.media, 'media');
  const image = source.kind === 'stored' && (await findImage(needs.database, source.imageUuid));
  if (!image || image.ownerId !== owner.id || isExpired(image, await databaseNow(needs.database)))
    throw noSuchImage();
  return free(task);
};

type Uploads = Pick<Handlers, 'imageUpload' | 'mediaStorage'>;

export const UPLOADS = token<Uploads>('uploads');

/** Images that are stored, or deleted, without being processed. */
export const createUploads = (needs: Needs): Uploads => ({
  imageUpload: {
    run: (owner, task, sent) => releasing(task.image, () => upload(needs, owner, toUpload(task), sent)),
    dryRun: (owner, task) => releasing(task.image, () => checkUpload(needs, owner, task)),
  },
  mediaStorage: {
    run: (owner, task, sent) => releasing(task.media, () => storeOrDelete(needs, owner, task, sent)),
    dryRun: (owner, task) => releasing(task.media, () => checkMedia(needs, owner, task)),
  },
});
