import { randomUUID } from 'node:crypto';
import type { ServiceConfig } from '#config';
import {
  didYouMean,
  parseImageSource,
  releasing,
  requireAll,
  requireSettings,
  TaskError,
  toRemoval,
  type Outcome,
  type ParsedSource,
  type Removal,
  type RemoveBackground,
} from '#contract';
import { findImages, type Database, type Image, type NewTask, type Owner } from '#database';
import type { Feeder } from '#feeder';
import { limitsOf } from '#imaging';
import { costOf, defaultModelOf, findModel, foreignModel, type Catalogue, type Model } from '#models';
import { token } from '#nest';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import type { Logger, Tracing } from '#telemetry';
import type { Availability } from '../models/availability.js';
import type { Accept } from './accept.js';
import { createBatcher, databaseBatches } from './batcher.js';
import { checkAddresses } from './check-addresses.js';
import type { Caller, Handler } from './handlers.js';
import { resolveInput, type Input } from './input-image.js';
import { payloadHash } from './payload-hash.js';
import { sealSentTask, type SentTask } from './sent-task.js';
import { waitForEnd, type WaitNeeds } from './wait-for-end.js';

type Needs = WaitNeeds & {
  readonly findImage: (id: string) => Promise<Image | undefined>;
  readonly accept: Accept;
  readonly availability: Availability;
  readonly catalogue: Catalogue;
  readonly config: Pick<ServiceConfig, 'MAX_IMAGE_SIDE' | 'MAX_IMAGE_MEGAPIXELS'>;
  readonly database: Database;
  readonly outbound: Pick<Outbound, 'checkUrl'>;
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly secrets: Pick<Secrets, 'seal'>;
  readonly tracing: Tracing;
  readonly log: Logger;
};

const explainUnknown = (catalogue: Catalogue, name: string): string => {
  const foreign = foreignModel(name);
  if (foreign) {
    const { air, name: ours } = findModel(catalogue, foreign.nearest) ?? defaultModelOf(catalogue);
    return `This service does not have ${foreign.name} (${foreign.air}). The nearest model here is '${air}' (${ours}).`;
  }
  const known = [...catalogue.values()].flatMap(({ air, slug }) => [air, slug]);
  return `There is no such model.${didYouMean(name, known)}`;
};

/** @throws TaskError permissionDenied when the key is for other models */
const requireAllowed = ({ name, key: { models } }: Owner, { air }: Model) => {
  if (models.length === 0 || models.includes(air)) return;
  const message = `The key ${name} may not use ${air}, but ${models.join(', ')}.`;
  throw new TaskError('permissionDenied', message, { parameter: 'model', allowedValues: models });
};

/** The model that a task names, if the key may use it, it is served, and it takes the task's settings. */
const chooseModel = async (
  { catalogue, availability }: Needs,
  owner: Owner,
  removal: Removal,
): Promise<Model> => {
  const model = findModel(catalogue, removal.model);
  if (!model) {
    const details = { parameter: 'model', allowedValues: [...catalogue.keys()] };
    throw new TaskError('invalidModel', explainUnknown(catalogue, removal.model), details);
  }
  requireAllowed(owner, model);
  await availability.require(model);
  requireSettings(model, removal);
  return model;
};

/** As a row keeps them, and the feeder orders by. */
const priorities = { low: -1, normal: 0, high: 1 } as const;

type Parts = {
  readonly removal: Removal;
  readonly model: Model;
  readonly input: Input;
  readonly source: ParsedSource;
  readonly sent: SentTask;
  /** USD that it may cost at most. */
  readonly estimate: string;
  /** Whether the end of the caller's connection means that the caller has left. */
  readonly canLeave: boolean;
  readonly webhookForm?: Caller['webhookForm'];
};

const toNewTask = async ({ seal }: Pick<Secrets, 'seal'>, owner: Owner, parts: Parts): Promise<NewTask> => {
  const { removal, model, input, source, sent, canLeave, webhookForm } = parts;
  const { taskType, taskUUID, parameter, output, otherTypes, finishing, warnings } = removal;
  const { uploadEndpoint, webhookURL, ttl } = removal;
  // What an older gateway hashed must hash alike, so `otherTypes` counts only where there are some.
  const further = otherTypes.length > 0 && { otherTypes };
  const work = {
    taskType,
    model: model.air,
    ...output,
    ...further,
    finishing,
    uploadEndpoint,
    webhookURL,
    ttl,
  };
  return {
    ownerId: owner.id,
    keyId: owner.key.id,
    estimate: parts.estimate,
    taskUuidSent: taskUUID,
    taskType,
    model: model.air,
    request: {
      parameter,
      ...output,
      otherTypes,
      finishing,
      warnings,
      isNewerForm: parameter === 'inputs.image',
      ...(webhookForm && { webhookForm }),
    },
    sentTask: sealSentTask({ seal }, sent, source.kind === 'inline' ? input.inputImageId : undefined),
    payloadHash: await payloadHash(work, source),
    inputImageId: input.inputImageId,
    outputImageId: randomUUID(),
    isSync: !removal.isAsync,
    priority: priorities[removal.priority],
    deadlineS: removal.deadline,
    cancelOnDisconnect: removal.cancelOnDisconnect && canLeave,
    ...(input.url && { stage: 'fetch', remoteHost: new URL(input.url).host }),
    inputUrl: input.url ? seal(input.url) : null,
    uploadUrl: uploadEndpoint ? seal(uploadEndpoint) : null,
    webhookUrl: webhookURL ? seal(webhookURL) : null,
    webhookHost: webhookURL ? new URL(webhookURL).host : null,
    ttlS: ttl ?? null,
  };
};

/** The model and the source of the image. @throws TaskError with all faults that show without the image */
const check = async (
  needs: Needs,
  owner: Owner,
  removal: Removal,
): Promise<readonly [Model, ParsedSource]> => {
  const { inputImage, parameter, webhookURL, uploadEndpoint } = removal;
  const [model, source] = await requireAll([
    chooseModel(needs, owner, removal),
    parseImageSource(inputImage, parameter),
    checkAddresses(needs.outbound, { webhookURL }),
    checkAddresses(needs.outbound, { uploadEndpoint }),
  ]);
  return [model, source];
};

/**
 * USD that a removal costs at most. Matting may have to solve every pixel. An image that is still to be fetched may
 * have as many pixels as are allowed.
 */
const estimateOf = ({ config }: Needs, { finishing }: Removal, model: Model, { size }: Input): string => {
  const pixels = size ? size.width * size.height : limitsOf(config).maxPixels;
  return costOf(model, finishing.matting ? pixels : 0);
};

/** Says what a removal would cost at most, without storing or running anything. */
const price = async (needs: Needs, owner: Owner, task: RemoveBackground): Promise<Outcome> => {
  const removal = toRemoval(task);
  const { taskType, taskUUID, parameter, warnings } = removal;
  const [model, source] = await check(needs, owner, removal);
  if (source.kind === 'url') await checkAddresses(needs.outbound, { [parameter]: source.url });
  const input = await resolveInput(needs, owner, source, removal);
  const cost = estimateOf(needs, removal, model, input);
  const notes = warnings.length > 0 && { warnings: [...warnings] };
  return { result: { taskType, taskUUID, cost: Number(cost), ...notes } };
};

/** Stores a task and its image. Returns before the task ends, so that the image's bytes are kept no longer. */
const store = async (
  needs: Needs,
  owner: Owner,
  asked: Pick<Parts, 'removal' | 'sent' | 'canLeave' | 'webhookForm'>,
) => {
  const { removal } = asked;
  const [model, source] = await check(needs, owner, removal);
  const { image, ...input } = await resolveInput(needs, owner, source, removal);
  const estimate = estimateOf(needs, removal, model, input);
  const parts = { ...asked, model, input, source, estimate };
  const task = await toNewTask(needs.secrets, owner, parts);
  return { model, ...(await needs.accept({ caller: owner, task, image })) };
};

/** Accepts a removal; answers its result, or for async callers an acknowledgement. */
const run = async (
  needs: Needs,
  owner: Owner,
  task: RemoveBackground,
  sent: SentTask,
  { gone, report, webhookForm }: Caller = {},
): Promise<Outcome> => {
  const removal = toRemoval(task);
  const stored = await releasing(removal.inputImage, () =>
    store(needs, owner, { removal, sent, canLeave: gone !== undefined, webhookForm }),
  );
  const { model, task: row, isNew } = stored;
  // A task that is not fed now is fed by the dispatcher.
  if (isNew) needs.feeder.wake(row.stage === 'device' ? model.air : row.stage);

  if (removal.reportProgress) report?.({ task: row, isAsync: removal.isAsync });
  if (!removal.isAsync) return waitForEnd(needs, row, gone);
  return { result: { taskType: row.taskType, taskUUID: row.taskUuidSent } };
};

export type RemovalHandler = Handler<'removeBackground' | 'imageBackgroundRemoval' | 'removeImageBackground'>;

export const REMOVE_BACKGROUND = token<RemovalHandler>('removeBackground');

export const createRemoveBackground = (given: Omit<Needs, 'findImage'>): RemovalHandler => {
  const find = (ids: readonly string[]) => findImages(given.database, ids);
  const needs: Needs = { ...given, findImage: createBatcher(find, databaseBatches) };
  return {
    run: (owner, task, sent, caller) => run(needs, owner, task, sent, caller),
    dryRun: async (owner, task) => releasing(toRemoval(task).inputImage, () => price(needs, owner, task)),
  };
};
