import { createHash, randomUUID } from 'node:crypto';
import type { ServiceConfig } from '#config';
import {
  furtherImagesOf,
  isSameFolder,
  isUuid,
  JobFolder,
  joinFaults,
  parseImageSource,
  parseJob,
  parseTask,
  TaskError,
  toRemoval,
  type Job,
  type JobImage,
  type JobRequest,
  type Presets,
  type RemoveBackground,
} from '#contract';
import {
  describeJobs,
  findJob,
  insertJob,
  newJobId,
  type Database,
  type JobRow,
  type Owner,
} from '#database';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import { stringify } from 'safe-stable-stringify';
import { checkAddresses } from '../tasks/check-addresses.js';
import type { OwnerPlaces } from '../tasks/owner-places.js';
import type { RemovalHandler } from '../tasks/remove-background.js';
import { uuidOfName } from '../tasks/uuid-of-name.js';
import { namesOf } from './item-names.js';
import { imageAt, namingOptions } from './option-faults.js';
import type { Places, Side } from './places.js';

export type CreateNeeds = {
  readonly config: Pick<ServiceConfig, 'MAX_JOB_IMAGES' | 'MAX_OPEN_JOBS' | 'PUBLIC_URL'>;
  readonly database: Database;
  /** Stores the jobs of an owner one after the other. Waiting jobs hold no connection. */
  readonly inTurn: OwnerPlaces;
  readonly outbound: Pick<Outbound, 'checkUrl'>;
  readonly places: Pick<Places, 'require' | 'requireApart'>;
  readonly presets: Presets;
  readonly removal: Pick<RemovalHandler, 'dryRun'>;
  readonly secrets: Pick<Secrets, 'seal'>;
};

/** Stands for an image of the job, since the options are checked before any image is read. */
const STAND_IN =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';

/** More are not told. */
const MAX_FAULTS = 20;

const invalidImage = (place: number): TaskError => {
  const parameter = imageAt(place);
  const message = `Invalid value for '${parameter}': it is neither an http(s) URL nor a UUID. Upload the image first, and name its UUID.`;
  return new TaskError('invalidInputImage', message, { parameter });
};

const isAddress = (text: string): boolean =>
  isUuid(text) || (/^https?:\/\//i.test(text) && URL.canParse(text));

/** @throws TaskError that names each image at fault */
const requireImages = (images: readonly JobImage[] = []): void => {
  const faulty = [...images.keys()].filter((place) => !isAddress(images[place]?.image.trim() ?? ''));
  const [first, ...others] = faulty.slice(0, MAX_FAULTS).map(invalidImage);
  if (first) throw joinFaults([first, ...others]);
};

/** Each task would store a copy of what comes inside the options. */
const requireReferences = async (task: RemoveBackground, presets: Presets): Promise<void> => {
  toRemoval(task, presets);
  for (const { parameter, image } of furtherImagesOf(task)) {
    if ((await parseImageSource(image, parameter)).kind !== 'inline') continue;
    const message = `'${parameter}' of a job must be a URL or a UUID: upload the image first, and name its UUID.`;
    throw new TaskError('invalidInputImage', message, { parameter });
  }
};

/** @throws TaskError with the faults that would fail each of the job's tasks */
const checkOptions = async (needs: CreateNeeds, owner: Owner, { options }: JobRequest): Promise<void> => {
  const sent = { ...options, taskType: 'removeBackground', taskUUID: randomUUID(), inputImage: STAND_IN };
  await namingOptions(async () => {
    const task = parseTask(sent) as RemoveBackground;
    await requireReferences(task, needs.presets);
    await needs.removal.dryRun(owner, task, sent, { isPatient: true });
  });
};

/** @throws TaskError when the key may not use the places of the job */
const requirePlaces = ({ places }: CreateNeeds, owner: Owner, { source, target }: JobRequest): void => {
  const sides: readonly (readonly [Side, JobRequest[Side]])[] = [
    ['source', source],
    ['target', target],
  ];
  for (const [side, folder] of sides) if (folder) places.require(owner, side, folder);
  if (source && target) places.requireApart(source, target);
};

const hashOf = ({ options, images, source, target, webhookURL }: JobRequest): string => {
  const asked: object = { options, images, source, target, webhookURL };
  return createHash('sha256').update(stringify(asked)).digest('hex');
};

/** The folder of a request, as a job that has the same one was sent with it. */
const asStored = (folder: JobRequest[Side], stored: JobRow[Side]): JobRequest[Side] => {
  if (!folder || stored === null) return folder;
  const known = JobFolder.parse(stored);
  return isSameFolder(folder, known) ? known : folder;
};

/** Whether a job was sent with this request, in whatever spelling of its folders. */
const isOfRequest = ({ payloadHash, source, target }: JobRow, request: JobRequest): boolean => {
  const folders = { source: asStored(request.source, source), target: asStored(request.target, target) };
  return payloadHash === hashOf({ ...request, ...folders });
};

const conflict = (): TaskError =>
  new TaskError('conflictJobUUID', 'There is another job with this jobUUID: choose a new one.', {
    parameter: 'jobUUID',
  });

const tooManyOpen = (open: number, max: number): TaskError => {
  const message = `${open} jobs of this key's owner have not ended; ${max} are allowed. Wait for the end of one, or cancel it.`;
  return new TaskError('rateLimitExceeded', message, { max, retryAfter: 30 });
};

/** Stores the job, unless another request stored one of this UUID first. @throws TaskError rateLimitExceeded */
const store = async (
  { config, database, inTurn, secrets }: CreateNeeds,
  owner: Owner,
  request: JobRequest,
  { jobUuid, payloadHash }: Pick<JobRow, 'jobUuid' | 'payloadHash'>,
): Promise<void> => {
  const { options, images = [], source, target, webhookURL } = request;
  const id = await newJobId(database);
  const names = namesOf(images);
  const items = images.map(({ image }, place) => ({
    name: names[place] ?? `image-${place + 1}`,
    source: secrets.seal(image.trim()),
    taskUuid: uuidOfName(id, `${place}`),
  }));
  const job = {
    id,
    ownerId: owner.id,
    keyId: owner.key.id,
    jobUuid,
    payloadHash,
    options: secrets.seal(JSON.stringify(options)),
    webhookUrl: webhookURL ? secrets.seal(webhookURL) : null,
    webhookHost: webhookURL ? new URL(webhookURL).host : null,
    source,
    target,
  };
  const max = config.MAX_OPEN_JOBS;
  const inserted = await inTurn(owner.id, () => insertJob(database, job, items, max));
  if (inserted.kind === 'full') throw tooManyOpen(inserted.open, max);
};

/**
 * Stores a job, or finds the one that it repeats. Once this resolves, the job survives any crash.
 *
 * @throws TaskError with all faults of the options; conflictJobUUID, rateLimitExceeded
 */
export const createJob = async (needs: CreateNeeds, owner: Owner, body: unknown): Promise<Job> => {
  const request = parseJob(body, needs.config.MAX_JOB_IMAGES);
  const jobUuid = (request.jobUUID ?? randomUUID()).toLowerCase();
  const find = () => findJob(needs.database, owner.id, jobUuid);

  if (!(await find())) {
    requireImages(request.images);
    requirePlaces(needs, owner, request);
    await checkAddresses(needs.outbound, { webhookURL: request.webhookURL });
    await checkOptions(needs, owner, request);
    await store(needs, owner, request, { jobUuid, payloadHash: hashOf(request) });
  }
  const job = await find();
  if (!job || !isOfRequest(job, request)) throw conflict();
  const [answer] = await describeJobs(needs.database, [job], needs.config.PUBLIC_URL);
  if (!answer) throw new Error(`The job ${job.id} cannot be described.`);
  return answer;
};
