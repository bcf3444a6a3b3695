import { LongText, TaskError } from '#contract';
import type { IsImage } from '../../door/json-path.js';
import type { Names } from '../door.js';
import { booleanIn, invalid, textIn, unsupported, without, type Sent } from '../parameters.js';

export const isFalImage: IsImage = ([name, ...more]) => more.length === 0 && name === 'image_url';

/** What errors call our parameters. */
export const falNames: Names = {
  inputImage: 'image_url',
  outputFormat: 'output_format',
  'refine.decontaminate': 'refine_foreground',
};

/** The networks of fal-ai/birefnet and its second version, and the resolution of each that is not the usual one. */
const models: Readonly<Record<string, { readonly slug: string; readonly resolution?: string }>> = {
  'General Use (Light)': { slug: 'birefnet-general-lite' },
  'General Use (Light 2K)': { slug: 'birefnet-hr-general', resolution: '2048x2048' },
  'General Use (Heavy)': { slug: 'birefnet-general' },
  'General Use (Dynamic)': { slug: 'birefnet-dynamic', resolution: '2304x2304' },
  Matting: { slug: 'birefnet-matting' },
  Portrait: { slug: 'birefnet-portrait' },
};
const DEFAULT_MODEL = 'General Use (Light)';
const DEFAULT_RESOLUTION = '1024x1024';

const known = new Set([
  'image_url',
  'model',
  'operating_resolution',
  'output_format',
  'output_mask',
  'mask_only',
  'refine_foreground',
  'sync_mode',
]);

const slugOf = (sent: Sent): string => {
  const name = textIn(sent, 'model') ?? DEFAULT_MODEL;
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (!model) throw invalid('model', `it must be one of ${Object.keys(models).join(', ')}`);
  const { slug, resolution = DEFAULT_RESOLUTION } = model;
  const wanted = textIn(sent, 'operating_resolution') ?? resolution;
  if (wanted === resolution || wanted === DEFAULT_RESOLUTION) return slug;
  throw unsupported('operating_resolution', `'${name}' works at ${resolution}`);
};

const formats: Readonly<Record<string, string>> = { png: 'PNG', webp: 'WEBP' };

const formatOf = (sent: Sent): string => {
  const name = textIn(sent, 'output_format') ?? 'png';
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format === undefined) throw invalid('output_format', 'it must be png or webp');
  return format;
};

const requireObject = (body: unknown): Sent => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new TaskError('invalidRequestBody', 'The body must be a JSON object.');
  for (const name of Object.keys(body))
    if (!known.has(name)) throw unsupported(name, 'fal-ai/birefnet has no such one');
  return body as Sent;
};

const requireImage = ({ image_url: image }: Sent) => {
  if (typeof image === 'string' || image instanceof LongText) return image;
  const message = "The input has no image: name its address or a data URI in 'image_url'.";
  throw new TaskError('missingInputImage', message, { parameter: 'image_url' });
};

/**
 * The parameters of removeBackground for the input of `fal-ai/birefnet`.
 *
 * @throws TaskError
 */
export const readFalInput = (body: unknown): Sent => {
  const sent = requireObject(body);
  for (const name of ['output_mask', 'mask_only'])
    if (booleanIn(sent, name)) throw unsupported(name, 'these models give the cutout alone here');
  return without({
    inputImage: requireImage(sent),
    model: slugOf(sent),
    outputFormat: formatOf(sent),
    refine: (booleanIn(sent, 'refine_foreground') ?? true) ? { decontaminate: true } : undefined,
    outputType: booleanIn(sent, 'sync_mode') ? 'dataURI' : 'URL',
  });
};
