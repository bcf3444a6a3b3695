import { BASE } from '#contract';
import type { CutOut, CutOutResult } from '#pipeline';
import type { Stopwatch } from '#telemetry';
import type { TaskImages, WorkItem } from './work-item.js';

/** The steps of a task that reach outside. Faults of the caller are TaskErrors. */
export type TaskSteps = {
  readonly fetch: (item: Pick<WorkItem, 'task' | 'request'>, signal: AbortSignal) => Promise<TaskImages>;
  readonly cutOut: CutOut;
  readonly store: (item: WorkItem, bytes: Uint8Array) => Promise<void>;
};

/** The size of the result, and how it was finished. */
export type ResultFacts = {
  readonly image: { readonly bytes: number; readonly width: number; readonly height: number };
  readonly finish: CutOutResult['finish'];
  /** The mask is that of a former result, so no network ran. */
  readonly isTouchUp: boolean;
};

/**
 * Runs one removeBackground task, from its image to the stored cutout.
 *
 * @throws TaskError for faults of the caller, the signal's reason, or a fault of ours
 */
export const removeBackground =
  (steps: TaskSteps) =>
  async (item: WorkItem, stopwatch: Stopwatch, signal: AbortSignal): Promise<ResultFacts> => {
    const { request, served } = item;
    const { measure } = stopwatch;

    const images = await measure('fetch', () => steps.fetch(item, signal));
    const result = await steps.cutOut({ ...images, request, served }, stopwatch, signal);
    const { encoded, width, height, finish } = result;
    await measure('store', () => steps.store(item, encoded));

    const isTouchUp = images.further.has(BASE);
    return { image: { bytes: encoded.byteLength, width, height }, finish, isTouchUp };
  };
