import { createBulk, type BulkEnd, type BulkInput, type BulkOptions } from './bulk.js';
import type { Cutout } from './cutout.js';
import { InputError } from './errors.js';
import { createJobs, type Jobs } from './jobs.js';
import { createBackgrounds } from './backgrounds.js';
import { createExtras, openExtraSources, type Extras } from './extra-images.js';
import { createFollow, createRemove, createSend } from './remove.js';
import { createRunner } from './runner.js';
import { openSource } from './source.js';
import { cancelTask, listModels, listPresets, readAccount } from './tasks.js';
import type { CallOptions, ClientOptions, ImageInput, Platform, RemoveOptions } from './types.js';
import { upload, type Uploaded } from './upload.js';
import { newUuid } from './uuid.js';
import type { AccountDetails, CancelAnswer, Model, Preset } from './wire.js';

type Stoppable = Pick<CallOptions, 'signal'>;

/** Removes backgrounds by one server. */
export type Client = {
  /**
   * Removes the background of one image.
   *
   * @example
   * const cutout = await client.removeBackground('photo.jpg', { outputFormat: 'WEBP' });
   * await cutout.save('photo.webp');
   *
   * @throws TaskError, ConnectionError, TimeoutError, InputError, or the reason of `signal`
   */
  readonly removeBackground: (image: ImageInput, options?: RemoveOptions) => Promise<Cutout>;
  /**
   * Removes the backgrounds of many images, several at once. Ends come in the order in which they happen. A failed
   * image is an end, too; only `signal` and a fault of the iterable stop the rest.
   *
   * @example for await (const end of client.removeBackgrounds(paths, { concurrency: 8 })) …
   */
  readonly removeBackgrounds: (
    images: Iterable<BulkInput> | AsyncIterable<BulkInput>,
    options?: BulkOptions,
  ) => AsyncGenerator<BulkEnd, void, undefined>;
  /** Waits for a task that was sent before, by its UUID. */
  readonly follow: (taskUUID: string, options?: CallOptions) => Promise<Cutout>;
  /** Cancels a task. Needs `extensions`. */
  readonly cancel: (taskUUID: string, options?: Stoppable) => Promise<CancelAnswer>;
  /** Stores an image, whose UUID is then the image of any number of tasks. */
  readonly upload: (
    image: ImageInput,
    options?: Stoppable & { readonly uploadUUID?: string | undefined },
  ) => Promise<Uploaded>;
  /** The server's models, and who serves them. Needs `extensions`. */
  readonly models: (options?: Stoppable) => Promise<readonly Model[]>;
  /** The presets that the server knows: what `refine.preset` and `compose.preset` take. Needs `extensions`. */
  readonly presets: (options?: Stoppable) => Promise<readonly Preset[]>;
  /** Whose key it is, what it has used, and what is left of its budget. */
  readonly account: (options?: Stoppable) => Promise<AccountDetails>;
  readonly jobs: Jobs;
  /** Drops the connection at once. Without tasks it closes by itself. */
  readonly close: () => void;
};

const never = new AbortController().signal;

/** The client on a machine that can do this much. @throws InputError when the address is none */
export const createClientOn = (platform: Platform, options: ClientOptions): Client => {
  const runner = createRunner(options);
  const { http, extensions, again } = runner;
  const open = (image: ImageInput) => openSource(image, platform);
  const send = createSend(runner);
  const remove = createRemove(runner, platform);
  const openBackground = createBackgrounds(send, platform);

  const openExtras = async ({ refine, compose }: RemoveOptions, uploadUUID: string): Promise<Extras> => {
    const sources = await openExtraSources({ refine }, platform);
    const extras = createExtras(send, sources)(uploadUUID);
    const image = compose?.background?.image;
    return image === undefined ? extras : { ...extras, background: await openBackground(image) };
  };

  return {
    removeBackground: async (image, removal = {}) => {
      const { uploadUUID = newUuid() } = removal;
      return remove(await open(image), { ...removal, uploadUUID }, await openExtras(removal, uploadUUID));
    },
    removeBackgrounds: createBulk({
      open,
      openExtraSources: (removal) => openExtraSources(removal, platform),
      share: (sources) => createExtras(send, sources),
      remove,
    }),
    follow: createFollow(runner, platform),
    cancel: (taskUUID, { signal = never } = {}) => cancelTask(runner, taskUUID, signal),
    upload: async (image, { signal = never, uploadUUID = newUuid() } = {}) => {
      const source = await open(image);
      if (source.kind === 'named')
        throw new InputError('invalidInput', 'Only bytes are uploaded; a task takes a URL as it is.');
      return upload(http, extensions, { ...again, signal })(uploadUUID, source.blob);
    },
    models: ({ signal = never } = {}) => listModels(runner, signal),
    presets: ({ signal = never } = {}) => listPresets(runner, signal),
    account: ({ signal = never } = {}) => readAccount(runner, signal),
    jobs: createJobs(runner),
    close: runner.close,
  };
};
