import type { RemovalRequest, Task } from '#database';
import type { Stopwatch } from '#telemetry';
import type { CutOut, CutOutResult } from '../device/cut-out.js';
import type { Served } from '../models/served-models.js';

/** A claimed task with its validated request. */
export type Removal = { readonly task: Task; readonly request: RemovalRequest; readonly served: Served };

/** What the use case needs of the outside. Failures the caller caused are TaskErrors. */
export type Edges = {
  readonly fetch: (removal: Removal, signal: AbortSignal) => Promise<Uint8Array>;
  readonly cutOut: CutOut;
  readonly store: (removal: Removal, bytes: Uint8Array) => Promise<void>;
  readonly upload: (removal: Removal, bytes: Uint8Array, signal: AbortSignal) => Promise<void>;
};

/** The result's size, and what is to be told of it. */
export type ResultFacts = {
  readonly image: { readonly bytes: number; readonly width: number; readonly height: number };
  readonly finish: CutOutResult['finish'];
};

/**
 * One removeBackground task from image to image. Rejects with a TaskError that the caller is meant to
 * see, with the signal's reason, or with a fault of ours.
 */
export const removeBackground =
  (edges: Edges) =>
  async (removal: Removal, stopwatch: Stopwatch, signal: AbortSignal): Promise<ResultFacts> => {
    const { request, served } = removal;
    const { measure } = stopwatch;

    const bytes = await measure('fetch', () => edges.fetch(removal, signal));
    const result = await edges.cutOut({ bytes, request, served }, stopwatch, signal);
    const { encoded, width, height, finish } = result;
    await measure('store', () => edges.store(removal, encoded));
    if (removal.task.uploadUrl) await measure('upload', () => edges.upload(removal, encoded, signal));

    return { image: { bytes: encoded.byteLength, width, height }, finish };
  };
