import { LongText, TaskError, type ImageText } from '#contract';
import type { Names } from '../door.js';
import { booleanIn, invalid, requireUrl, textIn, unsupported, without, type Sent } from '../parameters.js';
import { colourOf } from './colours.js';
import { readCompose } from './read-compose.js';

/** The parameters that name the image. */
const sources = ['image_file', 'image_url', 'image_file_b64'] as const;
type Source = (typeof sources)[number];

/** Values that remove.bg offers. */
const sizes = new Set(['auto', 'full', '50mp', 'preview', 'small', 'regular', 'medium', 'hd', '4k']);
/** Sizes that do not limit the result. */
const wholeSizes = new Set(['auto', 'full', '50mp']);
const types = new Set(['auto', 'person', 'product', 'car', 'animal', 'graphic', 'transportation', 'other']);

/** Parameters with the values that mean the same as leaving them out. */
const notMade: Readonly<Record<string, readonly string[]>> = {
  scale: ['original', '100%'],
  position: ['original'],
  roi: ['0% 0% 100% 100%'],
  bg_image_file: [],
  semitransparency: ['true', '1'],
};
const read = new Set([...sources, ...Object.keys(notMade)].concat('size', 'type', 'type_level'));
const composed = ['crop', 'crop_margin', 'bg_image_url', 'shadow_type', 'shadow_opacity', 'add_shadow'];
const known = new Set([...read, ...composed, 'bg_color', 'channels', 'format']);

const requireOffered = (sent: Sent) => {
  for (const [name, value] of Object.entries(sent)) {
    if (!known.has(name)) throw unsupported(name, 'remove.bg has no such one');
    const neutral = notMade[name];
    if (neutral === undefined) continue;
    // A second file is no text.
    if (value instanceof LongText) throw unsupported(name, 'this service does not do that yet');
    const text = typeof value === 'boolean' ? `${value}` : textIn(sent, name);
    if (text === undefined || neutral.includes(text.toLowerCase())) continue;
    throw unsupported(name, 'this service does not do that yet; leave it out');
  }
};

const oneOf = (sent: Sent, name: string, values: ReadonlySet<string>): string => {
  const text = textIn(sent, name)?.toLowerCase() ?? 'auto';
  if (values.has(text)) return text;
  throw invalid(name, `it must be one of ${[...values].join(', ')}`);
};

export type RemovebgAsked = {
  /** Parameters of removeBackground. */
  readonly parameters: Sent;
  readonly names: Names;
  /** The kind of subject, as the caller says. */
  readonly type: string;
  /** What was asked for and has no effect. */
  readonly notes: readonly string[];
};

const requireImage = (sent: Sent, source: Source): ImageText => {
  const image = sent[source];
  if (image instanceof LongText || (typeof image === 'string' && source === 'image_file_b64')) return image;
  throw invalid(source, 'it must be a file, and with curl its name needs an @: -F image_file=@photo.jpg');
};

/** @throws TaskError when there is no image, or more than one */
const imageIn = (sent: Sent): readonly [Source, ImageText] => {
  const given = sources.filter((name) => sent[name] !== undefined && sent[name] !== '');
  const [source, other] = given;
  if (source === undefined) {
    const message = `The request has no image: send one of ${sources.join(', ')}.`;
    throw new TaskError('missingInputImage', message, { parameter: 'image_file' });
  }
  if (other !== undefined) {
    const message = `An image came in '${source}', and another in '${other}'.`;
    throw new TaskError('incompatibleParameters', message, { parameter: other });
  }
  return [source, source === 'image_url' ? requireUrl(sent, source) : requireImage(sent, source)];
};

const formats: Readonly<Record<string, string>> = { png: 'PNG', jpg: 'JPG', webp: 'WEBP' };

/** As remove.bg does, `auto` is a PNG where the result may be transparent. */
const formatOf = (sent: Sent, isOpaque: boolean): string => {
  const name = textIn(sent, 'format')?.toLowerCase() ?? 'auto';
  if (name === 'auto') return isOpaque ? 'JPG' : 'PNG';
  if (name === 'zip') throw unsupported('format', 'there is no ZIP here; use png or webp');
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format === undefined) throw invalid('format', 'it must be auto, png, jpg or webp');
  return format;
};

const isMaskAsked = (sent: Sent): boolean => {
  const channels = textIn(sent, 'channels')?.toLowerCase() ?? 'rgba';
  if (channels !== 'rgba' && channels !== 'alpha') throw invalid('channels', 'it must be rgba or alpha');
  return channels === 'alpha';
};

/**
 * The parameters of removeBackground for those of `POST /v1.0/removebg`.
 *
 * @throws TaskError
 */
export const readRemovebgParameters = (sent: Sent): RemovebgAsked => {
  requireOffered(sent);
  const [source, inputImage] = imageIn(sent);
  const colour = textIn(sent, 'bg_color');
  const rgba = colour === undefined ? undefined : colourOf('bg_color', colour);
  const isMask = isMaskAsked(sent);
  booleanIn(sent, 'semitransparency');
  const size = oneOf(sent, 'size', sizes);
  const compose = readCompose(sent);
  const settings = without({ rgba: isMask ? undefined : rgba, returnOnlyMask: isMask || undefined });
  return {
    parameters: without({
      inputImage,
      outputFormat: formatOf(sent, !isMask && (rgba?.[3] === 1 || compose?.['background'] !== undefined)),
      compose,
      settings: Object.keys(settings).length > 0 ? settings : undefined,
    }),
    names: {
      inputImage: source,
      'settings.rgba': 'bg_color',
      'settings.returnOnlyMask': 'channels',
      outputFormat: 'format',
      'compose.background.image': 'bg_image_url',
      'compose.background': 'bg_image_url',
      'compose.margin': 'crop_margin',
      'compose.shadow.opacity': 'shadow_opacity',
    },
    type: oneOf(sent, 'type', types),
    notes: wholeSizes.has(size) ? [] : [`'size' has no effect: the result is as large as the image.`],
  };
};
