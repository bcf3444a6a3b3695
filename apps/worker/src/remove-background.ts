import type { RemovalRequest, Task } from '#database';
import type { Encoding, Photo, Rgba } from '#imaging';
import type { Stopwatch } from '#telemetry';
import type { FinishInput, PrepareInput, Prepared } from './pixels/arithmetic.js';
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
  readonly postprocess: (work: FinishInput, signal: AbortSignal) => Promise<Rgba>;
  readonly encode: (cutout: Rgba, encoding: Encoding) => Promise<Uint8Array>;
  readonly store: (removal: Removal, bytes: Uint8Array) => Promise<void>;
  readonly upload: (removal: Removal, bytes: Uint8Array, signal: AbortSignal) => Promise<void>;
};

/** The size of the finished cutout. */
export type CutoutFacts = { readonly bytes: number; readonly width: number; readonly height: number };

/**
 * One removeBackground task from image to image. Rejects with a TaskError that the caller is meant to
 * see, with the signal's reason, or with a fault of ours.
 */
export const removeBackground =
  (edges: Edges) =>
  async (removal: Removal, { measure }: Stopwatch, signal: AbortSignal): Promise<CutoutFacts> => {
    const { request, served } = removal;
    const { input, output } = served.variant;

    const bytes = await measure('fetch', () => edges.fetch(removal, signal));
    const decoded = await measure('decode', () => edges.decode(bytes, request.parameter));
    const { photo, tensor } = await measure('preprocess', () =>
      edges.preprocess({ photo: decoded, input }, signal),
    );
    const logits = await measure('infer', () => edges.infer(served, tensor, signal));
    const cutout = await measure('postprocess', () =>
      edges.postprocess({ photo, logits, size: input.size, output }, signal),
    );
    const encoding = { format: request.outputFormat, quality: request.outputQuality };
    const encoded = await measure('encode', () => edges.encode(cutout, encoding));
    await measure('store', () => edges.store(removal, encoded));
    if (removal.task.uploadUrl) await measure('upload', () => edges.upload(removal, encoded, signal));

    return { bytes: encoded.byteLength, width: cutout.width, height: cutout.height };
  };
