import type { RemovalRequest, Task } from '#database';
import type { Encoding, Photo, Pixels } from '#imaging';
import type { Stopwatch } from '#telemetry';
import type { FinishInput, PrepareInput, Prepared } from './pixels/arithmetic.js';
import type { Finished } from './pixels/finish.js';
import type { Served } from './served-models.js';

/** A claimed task with its validated request. */
export type Removal = { readonly task: Task; readonly request: RemovalRequest; readonly served: Served };

/** What the use case needs of the outside; each function owns one stage. Failures the caller caused are TaskErrors. */
export type Edges = {
  readonly fetch: (removal: Removal, signal: AbortSignal) => Promise<Uint8Array>;
  readonly decode: (bytes: Uint8Array, parameter: string) => Promise<Photo>;
  readonly preprocess: (work: PrepareInput, signal: AbortSignal) => Promise<Prepared>;
  readonly infer: (
    served: Served,
    tensor: Prepared['tensor'],
    signal: AbortSignal,
  ) => Promise<FinishInput['logits']>;
  readonly postprocess: (work: FinishInput, signal: AbortSignal) => Promise<Finished>;
  readonly encode: (result: Pixels, encoding: Encoding) => Promise<Uint8Array>;
  readonly store: (removal: Removal, bytes: Uint8Array) => Promise<void>;
  readonly upload: (removal: Removal, bytes: Uint8Array, signal: AbortSignal) => Promise<void>;
};

/** The result's size, and what is to be told of it. */
export type ResultFacts = {
  readonly image: { readonly bytes: number; readonly width: number; readonly height: number };
  readonly finish: Omit<Finished, 'raster'>;
};

/**
 * One removeBackground task from image to image. Rejects with a TaskError that the caller is meant to
 * see, with the signal's reason, or with a fault of ours.
 */
export const removeBackground =
  (edges: Edges) =>
  async (removal: Removal, { measure }: Stopwatch, signal: AbortSignal): Promise<ResultFacts> => {
    const { request, served } = removal;
    const { input, output } = served.variant;

    const bytes = await measure('fetch', () => edges.fetch(removal, signal));
    const decoded = await measure('decode', () => edges.decode(bytes, request.parameter));
    const { photo, tensor } = await measure('preprocess', () =>
      edges.preprocess({ photo: decoded, input }, signal),
    );
    const logits = await measure('infer', () => edges.infer(served, tensor, signal));
    const format = request.outputFormat;
    const options = { finishing: request.finishing, opaque: format === 'JPG' };
    const { raster, ...finish } = await measure('postprocess', () =>
      edges.postprocess({ photo, logits, size: input.size, output, ...options }, signal),
    );
    const encoding = { format, quality: request.outputQuality };
    const encoded = await measure('encode', () => edges.encode(raster, encoding));
    await measure('store', () => edges.store(removal, encoded));
    if (removal.task.uploadUrl) await measure('upload', () => edges.upload(removal, encoded, signal));

    const { width, height } = raster;
    return { image: { bytes: encoded.byteLength, width, height }, finish };
  };
