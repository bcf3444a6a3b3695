import { parametersOf } from './call.js';
import type { Cutout } from './cutout.js';
import { ClearcutError, isGone } from './errors.js';
import { inParallel } from './in-parallel.js';
import type { Manifest, ManifestEntry } from './manifest.js';
import { extraStamp, type Extras, type ExtrasOf, type ExtraSources } from './extra-images.js';
import type { Source } from './source.js';
import type { ImageInput, Progress, RemoveOptions } from './types.js';
import { newUuid } from './uuid.js';

/** An image with a name of its own, by which it is known later. */
export type NamedImage = { readonly key: string; readonly image: ImageInput };
export type BulkInput = ImageInput | NamedImage;

export type BulkOptions = Omit<RemoveOptions, 'onProgress' | 'taskUUID' | 'uploadUUID'> & {
  /** How many images are in hand at once. Default 4. */
  readonly concurrency?: number | undefined;
  /**
   * Takes up what an earlier run left: images that are done are skipped, those that were sent keep their task. Tasks are
   * then not cancelled by `signal`, unless `cancelOnAbort` says so.
   */
  readonly manifest?: Manifest | undefined;
  /** Stores a result before it counts as done. What it throws makes the image fail. */
  readonly save?: ((cutout: Cutout, key: string) => Promise<unknown>) | undefined;
  readonly onProgress?: ((progress: Progress & { readonly key: string }) => void) | undefined;
};

/** How one image ended. */
export type BulkEnd =
  | { readonly status: 'done'; readonly key: string; readonly cutout: Cutout }
  | { readonly status: 'failed'; readonly key: string; readonly error: Error }
  | { readonly status: 'skipped'; readonly key: string; readonly entry: ManifestEntry };

type Needs = {
  readonly open: (image: ImageInput) => Promise<Source>;
  readonly openExtraSources: (options: Pick<RemoveOptions, 'refine' | 'compose'>) => Promise<ExtraSources>;
  readonly share: (sources: ExtraSources) => ExtrasOf;
  readonly remove: (source: Source, options: RemoveOptions, extras: Extras) => Promise<Cutout>;
};

const CONCURRENCY = 4;

const isNamed = (input: BulkInput): input is NamedImage =>
  typeof input === 'object' && 'key' in input && 'image' in input;

/** Paths, URLs and files have a name; others are known by their place. */
const nameOf = (input: ImageInput, place: number): string => {
  if (typeof input === 'string') return input.startsWith('data:') ? `${place}` : input;
  if (input instanceof URL) return input.href;
  const { name, webkitRelativePath } = input as { name?: unknown; webkitRelativePath?: unknown };
  if (typeof webkitRelativePath === 'string' && webkitRelativePath !== '') return webkitRelativePath;
  return typeof name === 'string' && name !== '' ? name : `${place}`;
};

/** Equal as long as neither the image nor the parameters change. */
const stampOf = ({ stamp }: Source, options: RemoveOptions, sources: ExtraSources) =>
  `${stamp} ${JSON.stringify(parametersOf(options))}${extraStamp(sources)}`;

/** The images that all photos have in common. Each is opened and uploaded once. */
type Common = {
  readonly sources: ExtraSources;
  readonly commonUUID: string;
  readonly extrasOf: ExtrasOf;
};

const openCommon = async ({ openExtraSources, share }: Needs, options: BulkOptions): Promise<Common> => {
  const sources = await openExtraSources(options);
  return { sources, commonUUID: newUuid(), extrasOf: share(sources) };
};

type Work = NamedImage & {
  readonly options: BulkOptions;
  readonly openCommon: () => Promise<Common>;
  readonly signal: AbortSignal;
};

const newEntry = (stamp: string, commonUUID: string): ManifestEntry => ({
  taskUUID: newUuid(),
  uploadUUID: newUuid(),
  commonUUID,
  stamp,
  status: 'sent',
});

/** One image, and what sends it as the entry of the manifest says. */
type Sending = {
  readonly work: Work;
  readonly send: (call: RemoveOptions, commonUUID: string) => Promise<Cutout>;
};

/** Does one image, and notes in the manifest how far it came. */
const doAs = async ({ work, send }: Sending, entry: ManifestEntry): Promise<BulkEnd> => {
  const { key, options, signal } = work;
  const { manifest, save, onProgress } = options;
  const { taskUUID, uploadUUID } = entry;
  await manifest?.set(key, { ...entry, status: 'sent' });
  try {
    const call = {
      signal,
      taskUUID,
      uploadUUID,
      onProgress: onProgress && ((progress: Progress) => onProgress({ ...progress, key })),
    };
    const cutout = await send(call, entry.commonUUID ?? uploadUUID);
    await save?.(cutout, key);
    const { imageUUID, imageURL } = cutout;
    await manifest?.set(key, { ...entry, status: 'done', imageUUID, imageURL });
    return { status: 'done', key, cutout };
  } catch (error) {
    if (!signal.aborted && error instanceof ClearcutError)
      await manifest?.set(key, { ...entry, status: 'failed', code: error.code });
    throw error;
  }
};

/** A task that was sent before keeps its uploads: with others it would be another task. */
const doOne = async ({ open, remove }: Needs, work: Work): Promise<BulkEnd> => {
  const { key, image, options } = work;
  const { manifest, save: _save, onProgress: _onProgress, concurrency: _concurrency, ...task } = options;
  const source = await open(image);
  const { sources, commonUUID, extrasOf } = await work.openCommon();
  const stamp = stampOf(source, task, sources);
  const known = await manifest?.get(key);
  const before = known?.stamp === stamp ? known : undefined;
  if (before?.status === 'done') return { status: 'skipped', key, entry: before };

  const sending: Sending = {
    work,
    send: (call, shared) =>
      remove(source, { cancelOnAbort: manifest === undefined, ...task, ...call }, extrasOf(shared)),
  };
  try {
    return await doAs(sending, before ?? newEntry(stamp, commonUUID));
  } catch (error) {
    // The server has long deleted what an earlier run sent.
    if (!before || !isGone(error)) throw error;
    return doAs(sending, newEntry(stamp, commonUUID));
  }
};

const toError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

/** A failed image is no failure of the rest. An aborted signal is. */
const endOf = async (needs: Needs, work: Work): Promise<BulkEnd> => {
  try {
    return await doOne(needs, work);
  } catch (error) {
    work.signal.throwIfAborted();
    return { status: 'failed', key: work.key, error: toError(error) };
  }
};

export const createBulk =
  (needs: Needs) =>
  (
    images: Iterable<BulkInput> | AsyncIterable<BulkInput>,
    options: BulkOptions = {},
  ): AsyncGenerator<BulkEnd, void, undefined> => {
    const { concurrency = CONCURRENCY, signal: stop } = options;
    let common: Promise<Common> | undefined;
    const openOnce = () => (common ??= openCommon(needs, options));
    const work = (input: BulkInput, place: number, signal: AbortSignal) => {
      const named = isNamed(input) ? input : { key: nameOf(input, place), image: input };
      return endOf(needs, { ...named, options, openCommon: openOnce, signal });
    };
    return inParallel(images, work, { concurrency, signal: stop });
  };
