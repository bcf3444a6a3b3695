import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '#config';
import {
  ClearcutError,
  createClient,
  openManifest,
  type BulkEnd,
  type Cutout,
  type Manifest,
  type Progress,
} from '#client';
import { readAnnouncement, urlIn } from '../start/announcement.js';
import { StartError } from '../start/start-error.js';
import type { InputImage } from './inputs.js';
import type { ImageEnd, Order, Remover } from './remover.js';

type Values = {
  readonly server?: string | undefined;
  readonly key?: string | undefined;
  readonly runware?: boolean | undefined;
};

type Options = {
  readonly values: Values;
  readonly config: Config;
  /** Where unfinished work is noted; undefined for a single image. */
  readonly manifestPath: string | undefined;
  readonly resume: boolean;
  /** Whether the result of an image is there. */
  readonly isThere: (key: string) => boolean;
  readonly onNotice: (message: string) => void;
};

/** The key of the npm start of this folder, which its first start made. */
const localKeyIn = ({ API_KEY, DATA_DIR }: Config): string | undefined => {
  const path = join(DATA_DIR, 'api-key');
  return API_KEY ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);
};

/** PORT may be another one in this shell than where the service was started. */
const runningUrl = ({ DATA_DIR }: Config): string => {
  try {
    return urlIn(readAnnouncement(DATA_DIR));
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new StartError(`${error.message} Or name a server by --server or CLEARCUT_URL, or use --local.`);
  }
};

/**
 * Takes the address and the key from the options, the environment, or a running `npm start`.
 *
 * @throws StartError when none is given and none runs
 */
export const findServer = ({ server, key }: Values, config: Config) => {
  const url = server ?? process.env['CLEARCUT_URL'];
  const apiKey = key ?? process.env['CLEARCUT_KEY'];
  // The key of this machine is not for other servers.
  if (url) return { url, apiKey: apiKey || undefined };
  return { url: runningUrl(config), apiKey: apiKey || localKeyIn(config) };
};

/** Every image would fail so. */
const general = new Set<string>([
  'connectionFailed',
  'missingApiKey',
  'invalidApiKey',
  'permissionDenied',
  'insufficientCredits',
  'invalidModel',
  'missingModel',
  'modelUnavailable',
  'unsupportedParameter',
]);

const isGeneral = (error: Error): error is ClearcutError =>
  error instanceof ClearcutError && general.has(error.code);

const withRemedy = (error: ClearcutError): Error =>
  new Error(`${error.message} ${error.remedy ?? ''}`, { cause: error });

/** A result that was deleted is fetched again, by the task that the server has. */
const withoutDeleted = (manifest: Manifest, isThere: (key: string) => boolean): Manifest => ({
  get: async (key) => {
    const entry = await manifest.get(key);
    return entry?.status === 'done' && !isThere(key) ? { ...entry, status: 'sent' } : entry;
  },
  set: manifest.set,
});

const openNotes = async ({ manifestPath, resume, isThere }: Options): Promise<Manifest | undefined> => {
  if (manifestPath === undefined) return undefined;
  if (!resume) await rm(manifestPath, { force: true });
  return withoutDeleted(await openManifest(manifestPath), isThere);
};

const factsOf = ({ taskUUID, imageUUID }: { taskUUID: string; imageUUID?: string | undefined }) => ({
  taskUUID,
  imageUUID,
});

const toEnd = (image: InputImage, end: BulkEnd): ImageEnd => {
  if (end.status === 'failed') return { image, status: 'failed', error: end.error };
  if (end.status === 'skipped') return { image, status: 'done', warnings: [], ...factsOf(end.entry), ms: 0 };
  const { warnings, cost, timings } = end.cutout;
  return { image, status: 'done', warnings, cost, ...factsOf(end.cutout), ms: timings.totalMs };
};

const imageOf = ({ kind, source }: InputImage) => (kind === 'stdin' ? process.stdin : source);

/** Says once that images wait for a worker, which may take long. */
const createWaitNotice = (say: Options['onNotice']) => {
  let isSaid = false;
  return ({ waitsForWorker }: Progress): void => {
    if (isSaid || !waitsForWorker) return;
    isSaid = true;
    say('No worker of the server serves the model now. The images go on once one does.');
  };
};

/** Lets a server cut out. It finishes its tasks after Ctrl-C, and `resume` fetches their results. */
export const removeByServer = (options: Options): Remover => {
  const { values, config, onNotice } = options;
  const { url, apiKey } = findServer(values, config);
  const extensions = values.runware ? false : undefined;
  const client = createClient({ url, apiKey, extensions, onNotice });

  async function* remove({ images, parameters, concurrency, write, signal }: Order) {
    const byKey = new Map(images.map((image) => [image.key, image]));
    const save = async (cutout: Cutout, key: string) => {
      const image = byKey.get(key);
      if (image) await write(image, cutout);
    };
    const inputs = images.map((image) => ({ key: image.key, image: imageOf(image) }));
    const manifest = await openNotes(options);
    const onProgress = createWaitNotice(onNotice);
    const ends = client.removeBackgrounds(inputs, {
      ...parameters,
      concurrency,
      manifest,
      save,
      signal,
      onProgress,
    });
    for await (const end of ends) {
      if (end.status === 'failed' && isGeneral(end.error)) throw withRemedy(end.error);
      const image = byKey.get(end.key);
      if (image) yield toEnd(image, end);
    }
  }

  return { remove, close: () => Promise.resolve(client.close()) };
};
