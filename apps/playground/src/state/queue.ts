import { ClearcutError, InputError, MAX_IMAGE_BYTES, type Progress } from '#client/browser';
import { signal } from '@preact/signals';
import { forgetCutout, rememberCutout } from './cutouts.js';
import { forgetKey } from './key.js';
import { newId } from './new-id.js';
import { noteEnd, noteSpeed } from './pace.js';
import { isBusy, type Fault, type Photo, type Result, type Sent } from './photo.js';
import { entries, update, type Entry } from './photos.js';
import { client, root } from './service.js';
import { extensionOf, optionsOf, type Options } from './settings.js';
import { chosen } from './chosen.js';
import { createSlots } from './slots.js';
import { keepPhoto } from './store.js';

/** Tasks at the server at once: enough to keep workers busy, and few enough to leave room for other callers. */
const IN_HAND = 24;
const UPLOADS = 3;
/** A long queue is no fault. */
const TIMEOUT_MS = 6 * 3_600_000;

const uploads = createSlots(UPLOADS);
const running = new Map<string, AbortController>();

/** The service refused the key; work stops until there is another one. */
export const isKeyRefused = signal(false);

const keyCodes = new Set(['invalidApiKey', 'missingApiKey']);
/** The original is gone from the server, so it is sent again. */
const goneCodes = new Set(['mediaExpired', 'mediaNotFound']);

/** To send the original again would not bring the background back. */
const isOfBackground = (error: unknown): boolean =>
  error instanceof ClearcutError && error.parameter?.startsWith('compose.') === true;

const codeOf = (error: unknown): string => (error instanceof ClearcutError ? error.code : 'pageFault');

const faultOf = (error: unknown): Fault => ({
  code: codeOf(error),
  message: error instanceof Error ? error.message : String(error),
  documentation: error instanceof ClearcutError ? error.documentation : undefined,
});

/** Of a photo that is not in the queue. */
const noWait = { queuePosition: undefined, waitsForWorker: undefined } as const;

/** Changes a photo and keeps the change for a closed tab. */
const step = (entry: Entry, change: Partial<Photo>) => {
  update(entry, change);
  void keepPhoto(entry);
};

/** Follows a task, and tells how long the device worked on it. */
const watch = (entry: Entry) => {
  let deviceMs: number | undefined;
  return {
    onProgress: ({ stage, queuePosition, waitsForWorker }: Progress) => {
      if (stage === 'device') deviceMs ??= performance.now();
      update(entry, { stage, queuePosition, waitsForWorker });
    },
    /** Tasks of one batch share the device, so that this is what a person waits for. */
    deviceSeconds: () => (deviceMs === undefined ? undefined : (performance.now() - deviceMs) / 1000),
  };
};

/** Spares an upload that the service would refuse at its end, with the same code. */
const requireSize = ({ size }: Blob): void => {
  if (size <= MAX_IMAGE_BYTES) return;
  throw new InputError(
    'maxBodySizeExceeded',
    `The file has ${size} bytes, and at most ${MAX_IMAGE_BYTES} are taken.`,
    {
      documentation: `${root}/reference#error-maxbodysizeexceeded`,
    },
  );
};

const sendOriginal = async (entry: Entry, signal: AbortSignal): Promise<string> => {
  const { imageUUID, uploadUUID } = entry.photo.peek();
  if (imageUUID) return imageUUID;
  requireSize(entry.file);
  return uploads(async () => {
    signal.throwIfAborted();
    update(entry, { stage: 'sending', startedMs: Date.now() });
    const uploaded = await client().upload(entry.file, { uploadUUID, signal });
    step(entry, { imageUUID: uploaded.imageUUID });
    return uploaded.imageUUID;
  });
};

const taskOf = ({ photo }: Entry): Sent =>
  photo.peek().task ?? { taskUUID: newId(), options: JSON.stringify(optionsOf(chosen.peek())) };

const doOnce = async (entry: Entry, signal: AbortSignal): Promise<void> => {
  const image = await sendOriginal(entry, signal);
  const task = taskOf(entry);
  const { taskUUID } = task;
  const startedMs = entry.photo.peek().startedMs ?? Date.now();
  step(entry, { task, stage: 'accepted', startedMs });
  const options = JSON.parse(task.options) as Options;
  const watched = watch(entry);
  const cutout = await client().removeBackground(image, {
    ...options,
    taskUUID,
    signal,
    timeoutMs: TIMEOUT_MS,
    onProgress: watched.onProgress,
  });
  signal.throwIfAborted();
  const result: Result = {
    taskUUID,
    imageURL: cutout.imageURL,
    cost: cutout.cost,
    warnings: cutout.warnings.map(({ message }) => message),
    seconds: (Date.now() - startedMs) / 1000,
    options: task.options,
    plainOptions: task.plainOptions,
    extension: extensionOf(options.outputFormat ?? 'PNG'),
  };
  noteEnd();
  // A touch-up runs no network.
  if (!options.refine?.base) noteSpeed(String(options.model), watched.deviceSeconds());
  rememberCutout(entry.id, cutout);
  step(entry, { stage: 'done', result, task: undefined, fault: undefined, ...noWait });
};

/** What a photo becomes after an error. */
const afterError = (entry: Entry, error: unknown): void => {
  const code = codeOf(error);
  if (keyCodes.has(code)) {
    step(entry, { stage: 'ready' });
    stopForKey();
  } else if (goneCodes.has(code) && entry.photo.peek().imageUUID && !isOfBackground(error)) {
    step(entry, { stage: 'ready', imageUUID: undefined, uploadUUID: newId(), task: undefined });
  } else if (code === 'conflictTaskUUID') {
    step(entry, { stage: 'ready', task: undefined });
  } else {
    step(entry, { stage: 'failed', fault: faultOf(error), task: undefined, ...noWait });
  }
};

const run = async (entry: Entry): Promise<void> => {
  const own = new AbortController();
  running.set(entry.id, own);
  update(entry, { stage: entry.photo.peek().task ? 'accepted' : 'sending', startedMs: Date.now() });
  try {
    await doOnce(entry, own.signal);
  } catch (error) {
    if (!own.signal.aborted) afterError(entry, error);
  } finally {
    if (running.get(entry.id) === own) running.delete(entry.id);
    pump();
  }
};

/** Starts what has a free place. */
export const pump = (): void => {
  if (isKeyRefused.peek()) return;
  for (const entry of entries.peek()) {
    if (running.size >= IN_HAND) return;
    if (entry.photo.peek().stage === 'ready' && !running.has(entry.id)) void run(entry);
  }
};

/** Ends the work on a photo, and its task at the server. */
export const stop = (id: string): void => {
  running.get(id)?.abort(new Error('The person stopped it.'));
  running.delete(id);
};

const stopForKey = (): void => {
  isKeyRefused.value = true;
  forgetKey();
  for (const entry of entries.peek()) {
    if (!running.has(entry.id)) continue;
    running.get(entry.id)?.abort(new Error('The key is refused.'));
    running.delete(entry.id);
    if (isBusy(entry.photo.peek())) step(entry, { stage: 'ready' });
  }
};

/** Works on with a new key. */
export const resume = (): void => {
  isKeyRefused.value = false;
  pump();
};

/** Does a photo anew by a task with options of its own. */
export const sendTask = (entry: Entry, task: Omit<Sent, 'taskUUID'>): void => {
  stop(entry.id);
  forgetCutout(entry.id);
  const sent = { taskUUID: newId(), ...task };
  step(entry, { stage: 'ready', task: sent, fault: undefined, ...noWait });
  pump();
};

/** Does photos anew, with the settings of now. Their originals are not sent again. */
export const redo = (again: readonly Entry[]): void => {
  for (const entry of again) {
    stop(entry.id);
    forgetCutout(entry.id);
    step(entry, { stage: 'ready', task: undefined, fault: undefined, ...noWait });
  }
  pump();
};
