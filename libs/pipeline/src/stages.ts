import { TaskError } from '#contract';
import { reasonOf } from '#errors';
import { encode, wrapPng, type Encoding, type ImageLimits, type Photo, type Pixels } from '#imaging';
import { deviceLossOf, type Device, type DeviceLoss } from '#inference';
import type { Raster } from '#matting';
import type { Stage, Stopwatch } from '#telemetry';
import type { ComposeInput, FinishInput, Postprocessed, PrepareInput, Prepared } from './arithmetic.js';
import type { PixelPool } from './pool.js';
import type { ServedModel } from './served-models.js';

/** The stages of a cut-out, each of them one function of this machine. */
export type CutOutStages = {
  readonly decode: (bytes: Uint8Array, signal: AbortSignal) => Promise<Photo>;
  readonly preprocess: (work: PrepareInput, signal: AbortSignal) => Promise<Prepared>;
  readonly infer: (
    served: ServedModel,
    tensor: Prepared['tensor'],
    signal: AbortSignal,
  ) => Promise<Float32Array<ArrayBuffer>>;
  readonly readMask: (result: Photo, signal: AbortSignal) => Promise<Raster | undefined>;
  readonly postprocess: (work: FinishInput, signal: AbortSignal) => Promise<Postprocessed>;
  readonly compose: (work: ComposeInput, signal: AbortSignal) => Promise<Pixels>;
  readonly encode: (result: Pixels, encoding: Encoding) => Promise<Uint8Array>;
  /** Of images, and of a canvas. */
  readonly limits: ImageLimits;
};

type Machine = {
  readonly limits: ImageLimits;
  readonly decode: CutOutStages['decode'];
  readonly device: Device;
  readonly pixels: PixelPool;
  /** Of WEBP. */
  readonly effort: number;
};

/** The stages on a device and a pool of threads. */
export const createCutOutStages = ({ decode, device, pixels, effort, limits }: Machine): CutOutStages => ({
  decode,
  preprocess: pixels.preprocess,
  infer: async ({ network }, tensor, signal) => {
    const { output, input } = await device.run(network, tensor, signal);
    pixels.giveBack(input);
    return output;
  },
  readMask: pixels.readMask,
  postprocess: pixels.postprocess,
  compose: pixels.compose,
  limits,
  encode: async (result, encoding) => {
    if (encoding.format !== 'PNG') return encode(result, { ...encoding, effort });
    // Takes half of the time of libpng, and makes smaller files.
    const { width, height, channels } = result;
    return wrapPng(await pixels.deflate(result), { width, height, channels }, encoding.density);
  },
});

/** A fault of ours in one stage of cutting out. */
export class StageError extends Error {
  override readonly name = 'StageError';

  constructor(
    readonly stage: Stage | 'load',
    cause: unknown,
  ) {
    super(`${stage}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Whether an error of a cut-out means that only a new process can use the device again. Errors of other stages do not,
 * whatever they say: they may quote a caller, a file or another server.
 */
export const deviceLossIn = (error: unknown): DeviceLoss | undefined =>
  error instanceof StageError && (error.stage === 'infer' || error.stage === 'load')
    ? deviceLossOf(error.message)
    : undefined;

/** Runs and measures each stage. A fault of ours becomes a StageError. */
export const inStages =
  ({ measure }: Stopwatch, signal: AbortSignal) =>
  async <T>(stage: Stage, work: () => Promise<T>): Promise<T> => {
    try {
      return await measure(stage, work);
    } catch (cause) {
      if (cause instanceof TaskError || signal.aborted) throw cause;
      throw new StageError(stage, cause);
    }
  };

export type RunStage = ReturnType<typeof inStages>;
