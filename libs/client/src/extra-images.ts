import { isGone, TaskError } from './errors.js';
import { createExtra, type Extra, type SendSource } from './extra.js';
import { openSource, type Source } from './source.js';
import type { ImageInput, Platform, RefineImage, RemoveOptions, Task } from './types.js';

type Name = RefineImage | 'background';
type Each<T> = { readonly [name in Name]?: T };
type Options = Pick<RemoveOptions, 'refine' | 'compose'>;

/** The images besides the photo, as they were opened here. */
export type ExtraSources = Each<Source>;
/** The same, on their way to the server. */
export type Extras = Each<Extra>;

const parameters: Readonly<Record<Name, string>> = {
  hint: 'refine.hint',
  base: 'refine.base',
  background: 'compose.background.image',
};
const names = Object.keys(parameters) as readonly Name[];

const imageOf = ({ refine, compose }: Options, name: Name): ImageInput | undefined =>
  name === 'background' ? compose?.background?.image : refine?.[name];

const mapEach = <T, R>(all: Each<T>, change: (one: T, name: Name) => R): Each<R> => {
  const changed: Partial<Record<Name, R>> = {};
  for (const name of names) {
    const one = all[name];
    if (one !== undefined) changed[name] = change(one, name);
  }
  return changed;
};

/** @throws InputError when an image cannot be read here */
export const openExtraSources = async (options: Options, platform: Platform): Promise<ExtraSources> => {
  const sources: Partial<Record<Name, Source>> = {};
  for (const name of names) {
    const image = imageOf(options, name);
    if (image !== undefined) sources[name] = await openSource(image, platform);
  }
  return sources;
};

/** Changes when an image does. */
export const extraStamp = (sources: ExtraSources): string =>
  names.flatMap((name) => (sources[name] ? [` ${name} ${sources[name].stamp}`] : [])).join('');

/** What is XORed into the last digit of the UUID. */
const turns: Readonly<Record<Name, number>> = { hint: 1, base: 2, background: 3 };

/** Each upload has a UUID of its own, the same each time for one UUID beside it. */
const uploadBeside = (uuid: string, name: Name): string => {
  const last = Number.parseInt(uuid.slice(-1), 16);
  return `${uuid.slice(0, -1)}${(last ^ turns[name]).toString(16)}`;
};

/** The images beside an upload or a run. For the same UUID, they are uploaded once. */
export type ExtrasOf = (uuid: string) => Extras;

export const createExtras = (send: SendSource, sources: ExtraSources): ExtrasOf => {
  const known = new Map<string, Extras>();
  return (uuid) => {
    const create = (source: Source, name: Name) => createExtra(send, source, uploadBeside(uuid, name));
    const extras = known.get(uuid) ?? mapEach(sources, create);
    known.set(uuid, extras);
    return extras;
  };
};

export type ExtraTexts = Each<string>;

/** Uploads what must be. @throws the faults of an upload, the signal's reason */
export const textsOf = async (extras: Extras, signal: AbortSignal): Promise<ExtraTexts> => {
  const texts: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const text = await extras[name]?.text(signal);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
};

/** The images in their places in a task. */
export const placesOf = (
  { background: image, ...ofRefine }: ExtraTexts,
  { compose }: Options,
): Pick<Task, 'compose'> & { readonly ofRefine: Omit<ExtraTexts, 'background'> } => {
  if (!compose) return { ofRefine };
  const { background, ...others } = compose;
  if (!background) return { ofRefine, compose: others };
  const { image: _image, ...ground } = background;
  const sent = image === undefined ? ground : { ...ground, image };
  return { ofRefine, compose: { ...others, background: sent } };
};

/** Whether a task failed because an upload is gone that can be sent anew. */
export const renewGone = (error: unknown, extras: Extras, texts: ExtraTexts): boolean => {
  if (!(error instanceof TaskError) || !isGone(error)) return false;
  const name = names.find((each) => parameters[each] === error.parameter);
  const extra = name && extras[name];
  const text = name && texts[name];
  if (!extra || text === undefined || extra.source.kind === 'named') return false;
  extra.renew(text);
  return true;
};
