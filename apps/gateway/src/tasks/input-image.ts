import { randomUUID } from 'node:crypto';
import { atParameter } from '#boundary';
import type { ServiceConfig } from '#config';
import {
  canvasParameterOf,
  layOut,
  requireAll,
  TaskError,
  type ComposePlan,
  type ImageBytes,
  type ParsedSource,
  type Removal,
} from '#contract';
import {
  databaseNow,
  isExpired,
  useImage,
  type Database,
  type Image,
  type NewImage,
  type Owner,
} from '#database';
import { limitsOf, probe, requireImageSize, requireOutputSize, type Format, type ImageSize } from '#imaging';
import { imageKey } from '#storage';
import type { InlineImage } from './accept.js';

type Needs = {
  readonly database: Database;
  /** Looks images up that are asked for together. */
  readonly findImage: (id: string) => Promise<Image | undefined>;
  readonly config: Pick<ServiceConfig, 'MAX_IMAGE_SIDE' | 'MAX_IMAGE_MEGAPIXELS'>;
};

/** The image of a removal, as far as it is known when the task is taken. */
export type Input = {
  readonly inputImageId: string;
  /** Where it is to be fetched, if it is not stored yet. */
  readonly url?: string;
  readonly size?: ImageSize;
  readonly image?: InlineImage;
};

/**
 * Reads the header of an image that came inside a request, and makes its row.
 *
 * @throws TaskError when its format is not supported, or it is too large
 */
export const describeInline = async (
  config: Needs['config'],
  image: ImageBytes,
  ownerId: string,
  parameter: string,
): Promise<InlineImage> => {
  const header = await atParameter(parameter, () => probe(image, limitsOf(config)));
  const { contentType, extension, width, height } = header;
  const id = randomUUID();
  const facts = { contentType, bytes: image.length, width, height };
  const row: NewImage = { id, ownerId, storageKey: imageKey('inputs', id, extension), ...facts };
  return { row, bytes: image };
};

const resolveStored = async (
  { database, config, findImage }: Needs,
  owner: Owner,
  imageUuid: string,
  parameter: string,
): Promise<Input> => {
  const image = await useImage(database, owner.id, imageUuid, findImage);
  if (!image) throw new TaskError('mediaNotFound', `There is no image ${imageUuid}.`, { parameter });
  if (isExpired(image, await databaseNow(database)))
    throw new TaskError('mediaExpired', `The image ${imageUuid} was deleted.`, { parameter });
  await atParameter(parameter, () => requireImageSize(image, limitsOf(config)));
  return { inputImageId: image.id, size: image };
};

const resolveSource = async (
  needs: Needs,
  owner: Owner,
  source: ParsedSource,
  parameter: string,
): Promise<Input> => {
  if (source.kind === 'url') return { inputImageId: randomUUID(), url: source.url };
  if (source.kind === 'stored') return resolveStored(needs, owner, source.imageUuid, parameter);
  const image = await describeInline(needs.config, source.image, owner.id, parameter);
  return { inputImageId: image.row.id, size: image.row, image };
};

/** An image that a removal needs besides the one that is cut out. */
export type FurtherSource = { readonly parameter: string; readonly source: ParsedSource };
export type FurtherInput = Input & FurtherSource;

/** The further images of a removal. */
export const resolveFurther = (
  needs: Needs,
  owner: Owner,
  sources: readonly FurtherSource[],
): Promise<FurtherInput[]> =>
  requireAll(
    sources.map(async ({ parameter, source }) => ({
      parameter,
      source,
      ...(await resolveSource(needs, owner, source, parameter)),
    })),
  );

/** The smallest canvas must fit. A larger one, which follows from the subject, is refused by the worker. */
const requireCanvas = (config: Needs['config'], plan: ComposePlan, outputFormat: Format): Promise<void> =>
  atParameter(canvasParameterOf(plan), () => {
    const { canvas } = layOut(plan, { width: 1, height: 1 });
    requireImageSize(canvas, limitsOf(config), 'The canvas');
    requireOutputSize(canvas, outputFormat, 'The canvas');
  });

/** The worker checks the size of an image that is still to be fetched. */
export const resolveInput = async (
  needs: Needs,
  owner: Owner,
  source: ParsedSource,
  { parameter, output, finishing }: Pick<Removal, 'parameter' | 'output' | 'finishing'>,
): Promise<Input> => {
  const input = await resolveSource(needs, owner, source, parameter);
  const { size } = input;
  if (finishing.compose) await requireCanvas(needs.config, finishing.compose, output.outputFormat);
  if (size && !finishing.compose)
    await atParameter(parameter, () => requireOutputSize(size, output.outputFormat));
  return input;
};
