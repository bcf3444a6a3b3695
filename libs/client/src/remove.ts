import { openCall, toTask } from './call.js';
import { cancelTask } from './tasks.js';
import { Cutout } from './cutout.js';
import { TaskError } from './errors.js';
import type { SendSource } from './extra.js';
import { placesOf, renewGone, textsOf, type Extras, type ExtraTexts } from './extra-images.js';
import type { Runner } from './runner.js';
import type { Source } from './source.js';
import type { CallOptions, Ended, Platform, RemoveOptions } from './types.js';
import { upload } from './upload.js';
import { newUuid } from './uuid.js';
import { poll } from './wait-http.js';

const CANCEL_MS = 5_000;

/** Spares the server a result that nobody waits for. */
const cancelUnwanted = async (runner: Runner, taskUUID: string): Promise<void> => {
  try {
    await cancelTask(runner, taskUUID, AbortSignal.timeout(CANCEL_MS));
  } catch (error) {
    if (error instanceof TaskError && error.code === 'taskNotFound') return;
    runner.again.onNotice?.(`The task ${taskUUID} could not be cancelled: ${(error as Error).message}`);
  }
};

/** Uploads an image unless the server understands a text for it. */
export const createSend =
  ({ http, extensions, again }: Runner): SendSource =>
  async (source, uploadUUID, signal) => {
    if (source.kind === 'named') return source.text;
    const { imageUUID } = await upload(http, extensions, { ...again, signal })(uploadUUID, source.blob);
    return imageUUID;
  };

/** Uploads images where they must be, sends the task, and waits for its end. */
export const createRemove = (runner: Runner, platform: Platform) => {
  const send = createSend(runner);
  return async (source: Source, options: RemoveOptions, extras: Extras = {}): Promise<Cutout> => {
    const { taskUUID = newUuid(), uploadUUID = newUuid(), cancelOnAbort = true, onProgress } = options;
    const { signal, end } = openCall(options, taskUUID);
    const startMs = performance.now();
    try {
      if (source.kind === 'bytes') onProgress?.({ taskUUID, stage: 'sending' });
      const inputImage = await send(source, uploadUUID, signal);
      const run = (texts: ExtraTexts) => {
        const images = { inputImage, ...placesOf(texts, options) };
        return runner.run(toTask(taskUUID, images, options), { signal, onProgress });
      };
      const texts = await textsOf(extras, signal);
      const sentMs = performance.now();
      const ended = await run(texts).catch(async (error: unknown) => {
        if (!renewGone(error, extras, texts)) throw error;
        return run(await textsOf(extras, signal));
      });
      const endMs = performance.now();
      const timings = { sendMs: sentMs - startMs, waitMs: endMs - sentMs, totalMs: endMs - startMs };
      return new Cutout({ ...runner, platform }, ended, timings);
    } catch (error) {
      if (options.signal?.aborted && cancelOnAbort && runner.extensions.on)
        await cancelUnwanted(runner, taskUUID);
      throw error;
    } finally {
      end();
    }
  };
};

/** Waits for a task that was sent before. */
export const createFollow =
  (runner: Runner, platform: Platform) =>
  async (taskUUID: string, options: CallOptions = {}): Promise<Cutout> => {
    const { signal, end } = openCall(options, taskUUID);
    const startMs = performance.now();
    try {
      const ended: Ended = await poll(runner, taskUUID, { signal, onProgress: options.onProgress });
      const waitMs = performance.now() - startMs;
      return new Cutout({ ...runner, platform }, ended, { sendMs: 0, waitMs, totalMs: waitMs });
    } finally {
      end();
    }
  };
