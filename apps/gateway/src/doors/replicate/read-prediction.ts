import { isFurtherImage, LongText, TaskError, type ImageText } from '#contract';
import type { Catalogue } from '#models';
import type { IsImage } from '../../door/json-path.js';
import type { Names } from '../door.js';
import { booleanIn, invalid, textIn, unsupported, without, type Sent } from '../parameters.js';
import { chooseModel } from './choose-model.js';

/** Names by which models of Replicate call their image. */
const imageNames = ['image', 'image_url', 'input_image', 'image_path'] as const;

export const isPredictionImage: IsImage = ([input, ...path]) => {
  const name = path.join('.');
  return input === 'input' && ((imageNames as readonly string[]).includes(name) || isFurtherImage(name));
};

/** What errors call our parameters. */
export const predictionNames: Names = {
  inputImage: 'input.image',
  model: 'version',
  webhookURL: 'webhook',
  outputFormat: 'input.format',
  outputQuality: 'input.outputQuality',
  settings: 'input.settings',
  refine: 'input.refine',
  compose: 'input.compose',
};

const isRecord = (value: unknown): value is Sent =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LongText);

/** Inputs of known models with the value that means nothing here. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  reverse: [false],
  threshold: [0],
  resolution: [''],
};

const colours: Readonly<Record<string, readonly number[]>> = {
  white: [255, 255, 255, 1],
  green: [0, 255, 0, 1],
};

/** The settings for `background_type`. */
const backgroundOf = (input: Sent): Sent | undefined => {
  const type = textIn(input, 'background_type')?.toLowerCase();
  if (type === undefined || type === 'rgba') return undefined;
  if (type === 'map') return { returnOnlyMask: true };
  if (Object.hasOwn(colours, type)) return { rgba: colours[type] };
  throw invalid('input.background_type', 'it must be rgba, map, white or green');
};

/** @throws TaskError when two inputs say the settings */
const settingsOf = (input: Sent): Sent => {
  const settings = backgroundOf(input);
  if (settings && input['settings'] !== undefined)
    throw invalid('input.background_type', "it cannot join 'input.settings'");
  return settings ? { settings } : {};
};

const imageIn = (input: Sent, ownImage: (url: string) => string | undefined): ImageText => {
  const [name, other] = imageNames.filter((one) => input[one] !== undefined && input[one] !== null);
  if (name === undefined) {
    const message = "The input has no image: name its address or a data URI in 'input.image'.";
    throw new TaskError('missingInputImage', message, { parameter: 'input.image' });
  }
  if (other !== undefined) throw invalid(`input.${other}`, `'input.${name}' names an image already`);
  const image = input[name];
  if (image instanceof LongText) return image;
  if (typeof image === 'string') return ownImage(image) ?? image;
  throw invalid(`input.${name}`, 'it must be an address or a data URI');
};

const formatOf = (input: Sent): string | undefined =>
  textIn(input, 'format') ?? textIn(input, 'output_format');

/** Parameters of removeBackground that are inputs, too. */
const passed = new Set(['settings', 'refine', 'compose', 'outputQuality', 'ttl', 'deadline', 'priority']);
const known = new Set<string>([...imageNames, ...Object.keys(neutral), ...passed])
  .add('format')
  .add('output_format')
  .add('background_type');

const passedIn = (input: Sent): Sent => {
  for (const name of Object.keys(input))
    if (!known.has(name)) throw unsupported(`input.${name}`, 'there is no such input');
  return Object.fromEntries(Object.entries(input).filter(([name]) => passed.has(name)));
};

const requireNeutral = (input: Sent) => {
  for (const [name, values] of Object.entries(neutral)) {
    const value = input[name];
    if (value === undefined || value === null || values.includes(value)) continue;
    throw unsupported(`input.${name}`, 'it changes nothing here; leave it out');
  }
};

const fields = new Set(['version', 'model', 'input', 'webhook', 'webhook_events_filter', 'stream']);
const events = new Set(['start', 'output', 'logs', 'completed']);

/** The address to call at the end; none when the filter leaves that out. */
const webhookOf = (body: Sent): string | undefined => {
  const filter = body['webhook_events_filter'];
  const webhook = textIn(body, 'webhook');
  if (filter === undefined || filter === null) return webhook;
  if (!Array.isArray(filter) || !filter.every((event) => events.has(event as string)))
    throw invalid('webhook_events_filter', `it must be an array of ${[...events].join(', ')}`);
  return filter.length === 0 || filter.includes('completed') ? webhook : undefined;
};

const requireBody = (body: unknown): Sent => {
  if (!isRecord(body)) throw new TaskError('invalidRequestBody', 'The body must be a JSON object.');
  for (const name of Object.keys(body))
    if (!fields.has(name)) throw unsupported(name, 'there is no such one');
  return body;
};

const referenceIn = (body: Sent, ofAddress: string | undefined): string => {
  const reference = ofAddress ?? textIn(body, 'version') ?? textIn(body, 'model');
  if (reference !== undefined) return reference;
  throw new TaskError('missingModel', "Missing required parameter 'version'.", { parameter: 'version' });
};

type Place = {
  readonly catalogue: Catalogue;
  /** `owner/name`, when the address names the model. */
  readonly model: string | undefined;
  readonly outputType: 'URL' | 'dataURI';
  /** The UUID of an image in this service, by its address. */
  readonly ownImage: (url: string) => string | undefined;
};

/**
 * The parameters of removeBackground for the body of a new prediction.
 *
 * @throws TaskError
 */
export const readPrediction = (sent: unknown, { catalogue, model, outputType, ownImage }: Place): Sent => {
  const body = requireBody(sent);
  const input = body['input'];
  if (!isRecord(input)) throw invalid('input', 'it must be an object');
  requireNeutral(input);
  if (booleanIn(body, 'stream'))
    throw unsupported('stream', 'a removal has one result, and nothing to stream');
  const webhookURL = webhookOf(body);
  return without({
    ...passedIn(input),
    model: chooseModel(referenceIn(body, model), catalogue),
    inputImage: imageIn(input, ownImage),
    outputFormat: formatOf(input),
    ...settingsOf(input),
    webhookURL,
    outputType: webhookURL === undefined ? outputType : 'URL',
  });
};
