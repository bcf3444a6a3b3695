import type { ServiceConfig } from '#config';
import {
  isTouchUp,
  layOut,
  parseImageSource,
  releasing,
  requireAll,
  toRemoval,
  type ImageText,
  type Outcome,
  type ParsedSource,
  type Presets,
  type Removal,
  type RemoveBackground,
} from '#contract';
import { findImages, type Database, type Image, type Owner } from '#database';
import type { Feeder } from '#feeder';
import { limitsOf } from '#imaging';
import { costOf, withoutNetwork, type Catalogue, type Model } from '#models';
import { token } from '#nest';
import type { Outbound } from '#outbound';
import type { Secrets } from '#secrets';
import type { Logger, Tracing } from '#telemetry';
import { anyTime, type Availability } from '../models/availability.js';
import type { Accept } from './accept.js';
import { createBatcher, databaseBatches } from './batcher.js';
import { checkAddresses } from './check-addresses.js';
import { chooseModel } from './choose-model.js';
import type { Caller, Handler } from './handlers.js';
import {
  resolveFurther,
  resolveInput,
  type FurtherInput,
  type FurtherSource,
  type Input,
} from './input-image.js';
import type { SentTask } from './sent-task.js';
import { toNewTask, type Parts } from './task-row.js';
import { waitForEnd, type WaitNeeds } from './wait-for-end.js';

type Needs = WaitNeeds & {
  readonly findImage: (id: string) => Promise<Image | undefined>;
  readonly accept: Accept;
  readonly availability: Availability;
  readonly catalogue: Catalogue;
  readonly config: Pick<ServiceConfig, 'MAX_IMAGE_SIDE' | 'MAX_IMAGE_MEGAPIXELS'>;
  readonly database: Database;
  readonly outbound: Pick<Outbound, 'checkUrl'>;
  readonly presets: Presets;
  readonly feeder: Pick<Feeder, 'wake'>;
  readonly secrets: Pick<Secrets, 'seal'>;
  readonly tracing: Tracing;
  readonly log: Logger;
};

const parseFurther = ({ furtherImages }: Removal): Promise<FurtherSource[]> =>
  requireAll(
    furtherImages.map(async ({ parameter, image }) => ({
      parameter,
      source: await parseImageSource(image, parameter),
    })),
  );

type Checked = {
  readonly model: Model;
  readonly source: ParsedSource;
  readonly furtherSources: readonly FurtherSource[];
};

/** The model and the sources of the images. @throws TaskError with all faults that show without the images */
const check = async (needs: Needs, owner: Owner, removal: Removal): Promise<Checked> => {
  const { inputImage, parameter, webhookURL, uploadEndpoint } = removal;
  const [model, source, furtherSources] = await requireAll([
    chooseModel(needs, owner, removal),
    parseImageSource(inputImage, parameter),
    parseFurther(removal),
    checkAddresses(needs.outbound, { webhookURL }),
    checkAddresses(needs.outbound, { uploadEndpoint }),
  ]);
  return { model, source, furtherSources };
};

/** The images, as far as they are known. @throws TaskError with the faults of all */
const resolveImages = (
  needs: Needs,
  owner: Owner,
  removal: Removal,
  { source, furtherSources }: Checked,
): Promise<[Input, FurtherInput[]]> =>
  requireAll([resolveInput(needs, owner, source, removal), resolveFurther(needs, owner, furtherSources)]);

const textsOf = ({ inputImage, furtherImages }: Removal): ImageText[] => [
  inputImage,
  ...furtherImages.map(({ image }) => image),
];

/**
 * The most pixels that a composition's canvas can have. A canvas without a size grows with the subject. The photo may lie
 * on its side in its file.
 */
const canvasPixelsOf = (
  { compose }: Removal['finishing'],
  photo: Input['size'],
  maxPixels: number,
): number => {
  if (!compose) return 0;
  if (!compose.size && !photo) return maxPixels;
  const { width, height } = photo ?? { width: 1, height: 1 };
  const pixels = [
    { width, height },
    { width: height, height: width },
  ].map((subject) => {
    const { canvas } = layOut(compose, subject);
    return canvas.width * canvas.height;
  });
  return Math.min(Math.max(...pixels), maxPixels);
};

/**
 * USD that a removal costs at most. Matting may have to solve every pixel, and so may a hint. An image that is still to be
 * fetched may have as many pixels as are allowed.
 */
const estimateOf = ({ config }: Needs, removal: Removal, model: Model, { size }: Input): string => {
  const { finishing, furtherImages } = removal;
  const { maxPixels } = limitsOf(config);
  const pixels = size ? size.width * size.height : maxPixels;
  const unknown = finishing.matting || finishing.hint ? pixels : 0;
  const price = isTouchUp(furtherImages) ? withoutNetwork : model;
  return costOf(price, unknown, canvasPixelsOf(finishing, size, maxPixels));
};

/** Says what a removal would cost at most, without storing or running anything. */
const price = async (needs: Needs, owner: Owner, task: RemoveBackground): Promise<Outcome> => {
  const removal = toRemoval(task, needs.presets);
  const { taskType, taskUUID, parameter, warnings } = removal;
  const checked = await check(needs, owner, removal);
  const all = [{ parameter, source: checked.source }, ...checked.furtherSources];
  const addresses = all.map((each) => [
    each.parameter,
    each.source.kind === 'url' ? each.source.url : undefined,
  ]);
  await checkAddresses(needs.outbound, Object.fromEntries(addresses) as Record<string, string | undefined>);
  const [input] = await resolveImages(needs, owner, removal, checked);
  const cost = estimateOf(needs, removal, checked.model, input);
  const notes = warnings.length > 0 && { warnings: [...warnings] };
  return { result: { taskType, taskUUID, cost: Number(cost), ...notes } };
};

/** Stores a task and its images. Returns before the task ends, so that their bytes are kept no longer. */
const store = async (
  needs: Needs,
  owner: Owner,
  asked: Pick<Parts, 'removal' | 'sent' | 'canLeave' | 'webhookForm'>,
) => {
  const { removal } = asked;
  const checked = await check(needs, owner, removal);
  const { model, source } = checked;
  const [input, further] = await resolveImages(needs, owner, removal, checked);
  const estimate = estimateOf(needs, removal, model, input);
  const parts = { ...asked, model, input, source, further, estimate };
  const task = await toNewTask(needs.secrets, owner, parts);
  const images = [input, ...further].flatMap(({ image }) => image ?? []);
  return { model, ...(await needs.accept({ caller: owner, task, images })) };
};

/** Accepts a removal; answers its result, or for async callers an acknowledgement. */
const run = async (
  needs: Needs,
  owner: Owner,
  task: RemoveBackground,
  sent: SentTask,
  { gone, report, webhookForm }: Caller = {},
): Promise<Outcome> => {
  const removal = toRemoval(task, needs.presets);
  const stored = await releasing(textsOf(removal), () =>
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
    dryRun: async (owner, task, _, { isPatient = false } = {}) => {
      const priced = isPatient ? { ...needs, availability: anyTime } : needs;
      return releasing(textsOf(toRemoval(task, needs.presets)), () => price(priced, owner, task));
    },
  };
};
