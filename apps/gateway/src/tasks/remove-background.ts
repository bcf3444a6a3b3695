import { randomUUID } from 'node:crypto';
import {
  MAX_IMAGE_PIXELS,
  parseImageSource,
  requireImageSize,
  requireOutputSize,
  TaskError,
  toFailure,
  toRemoval,
  type ImageSize,
  type Outcome,
  type ParsedSource,
  type Removal,
  type RemoveBackground,
} from '#contract';
import {
  isExpired,
  useImage,
  type NewImage,
  type NewTask,
  type Owner,
  type Task,
  routingOfTask,
  taskOutcome,
} from '#database';
import { probe } from '#imaging';
import { costOf, type Model } from '#models';
import type { Secrets } from '#secrets';
import { imageKey } from '#storage';
import type { Edges } from '../edges.js';
import { accept, type InlineImage } from './accept.js';
import { payloadHash } from './payload-hash.js';

type Input = {
  readonly inputImageId: string;
  /** Where it is to be fetched, if it is not stored yet. */
  readonly url?: string;
  /** As far as it is known. */
  readonly size?: ImageSize;
  readonly image?: InlineImage;
};

/**
 * Looks at an image that came inside a request and gives it a row.
 *
 * @throws TaskError when it is none that is taken, or too large
 */
export const describeInline = async (
  { config }: Edges,
  bytes: Buffer,
  ownerId: string,
  parameter: string,
): Promise<InlineImage> => {
  const { contentType, extension, width, height } = await probe(bytes, parameter, config.MAX_IMAGE_SIDE);
  const id = randomUUID();
  const facts = { contentType, bytes: bytes.byteLength, width, height };
  const row: NewImage = { id, ownerId, storageKey: imageKey('inputs', id, extension), ...facts };
  return { row, bytes };
};

const resolveStored = async (
  edges: Edges,
  owner: Owner,
  imageUuid: string,
  parameter: string,
): Promise<Input> => {
  const image = await useImage(edges.database, owner.id, imageUuid);
  if (!image) throw new TaskError('mediaNotFound', `There is no image ${imageUuid}.`, { parameter });
  if (isExpired(image))
    throw new TaskError('mediaExpired', `The image ${imageUuid} was deleted.`, { parameter });
  requireImageSize(image, edges.config.MAX_IMAGE_SIDE, parameter);
  return { inputImageId: image.id, size: image };
};

const resolveSource = async (
  edges: Edges,
  owner: Owner,
  source: ParsedSource,
  parameter: string,
): Promise<Input> => {
  if (source.kind === 'url') return { inputImageId: randomUUID(), url: source.url };
  if (source.kind === 'stored') return resolveStored(edges, owner, source.imageUuid, parameter);
  const image = await describeInline(edges, source.bytes, owner.id, parameter);
  return { inputImageId: image.row.id, size: image.row, image };
};

/** Of an image that is still to be fetched, the worker checks the size. */
const resolveInput = async (
  edges: Edges,
  owner: Owner,
  source: ParsedSource,
  { parameter, outputFormat }: Removal,
): Promise<Input> => {
  const input = await resolveSource(edges, owner, source, parameter);
  if (input.size) requireOutputSize(input.size, outputFormat, parameter);
  return input;
};

/** @throws TaskError unsupportedParameter when the model takes no settings and one is not the default */
const requireSettings = ({ air, name, takesSettings }: Model, { setting }: Removal) => {
  if (!setting || takesSettings) return;
  const message = `${name} (${air}) takes no settings, and '${setting}' is not the default. See 'refine', which every model takes.`;
  throw new TaskError('unsupportedParameter', message, { parameter: setting });
};

/** The model by its AIR id or slug, if it is served. */
const findModel = async ({ catalogue, availability }: Edges, name: string): Promise<Model> => {
  const model = catalogue.get(name) ?? [...catalogue.values()].find(({ slug }) => slug === name);
  if (!model) {
    const details = { parameter: 'model', allowedValues: [...catalogue.keys()] };
    throw new TaskError('invalidModel', 'There is no such model.', details);
  }
  await availability.require(model);
  return model;
};

/** The sweep of the dispatcher enqueues what could not be enqueued here, so the task is accepted all the same. */
const enqueue = async ({ queue, tracing, log }: Edges, task: Task, model: string) => {
  try {
    await tracing.trace('enqueue', {}, () => queue.add({ taskId: task.id, model }));
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

/**
 * Says what a removal would cost at most, without storing or running anything. Matting may have to solve every
 * pixel; of an image that is still to be fetched it may be as many as are allowed.
 */
export const priceRemoval = async (edges: Edges, owner: Owner, asked: RemoveBackground): Promise<Outcome> => {
  const removal = toRemoval(asked);
  const { taskType, taskUUID, inputImage, parameter, finishing } = removal;
  const model = await findModel(edges, removal.model);
  requireSettings(model, removal);
  const source = parseImageSource(inputImage, parameter);
  const { size } = await resolveInput(edges, owner, source, removal);
  const pixels = size ? size.width * size.height : MAX_IMAGE_PIXELS;
  const cost = costOf(model, finishing.matting ? pixels : 0);
  return { result: { taskType, taskUUID, cost: Number(cost) } };
};

type Asked = {
  readonly removal: Removal;
  readonly model: Model;
  readonly input: Input;
  readonly source: ParsedSource;
};

const toNewTask = ({ seal }: Secrets, owner: Owner, { removal, model, input, source }: Asked): NewTask => {
  const { taskType, taskUUID, parameter, outputType, outputFormat, outputQuality, includeCost } = removal;
  const { uploadEndpoint, webhookURL, ttl, finishing } = removal;
  const output = { outputType, outputFormat, outputQuality, includeCost };
  const work = { taskType, model: model.air, ...output, finishing, uploadEndpoint, webhookURL, ttl };
  return {
    ownerId: owner.id,
    taskUuidSent: taskUUID,
    taskType,
    model: model.air,
    request: { parameter, ...output, finishing, isNewerForm: parameter === 'inputs.image' },
    payloadHash: payloadHash(work, source),
    inputImageId: input.inputImageId,
    outputImageId: randomUUID(),
    inputUrl: input.url ? seal(input.url) : null,
    uploadUrl: uploadEndpoint ? seal(uploadEndpoint) : null,
    webhookUrl: webhookURL ? seal(webhookURL) : null,
    webhookHost: webhookURL ? new URL(webhookURL).host : null,
    ttlS: ttl ?? null,
  };
};

const refuseHopelessUrls = ({ outbound }: Edges, { webhookURL, uploadEndpoint }: Removal) => {
  if (webhookURL) outbound.checkUrl(webhookURL, { parameter: 'webhookURL', code: 'invalidWebhookURL' });
  if (uploadEndpoint) {
    outbound.checkUrl(uploadEndpoint, { parameter: 'uploadEndpoint', code: 'invalidUploadEndpoint' });
  }
};

/** Accepts a removal; answers its result, or for async callers an acknowledgement. */
export const removeBackground = async (
  edges: Edges,
  owner: Owner,
  asked: RemoveBackground,
): Promise<Outcome> => {
  const removal = toRemoval(asked);
  const model = await findModel(edges, removal.model);
  requireSettings(model, removal);
  refuseHopelessUrls(edges, removal);
  const source = parseImageSource(removal.inputImage, removal.parameter);
  const { image, ...input } = await resolveInput(edges, owner, source, removal);

  const newTask = toNewTask(edges.secrets, owner, { removal, model, input, source });
  const { task, isNew } = await accept(edges, newTask, image);
  const enqueued = async () => {
    if (isNew) await enqueue(edges, task, model.air);
  };

  if (!removal.isAsync) return waitForEnd(edges, task, enqueued);
  await enqueued();
  return { result: { taskType: task.taskType, taskUUID: task.taskUuidSent } };
};
