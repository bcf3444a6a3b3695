import { atParameter } from '#boundary';
import {
  BACKGROUND_IMAGE,
  TaskError,
  type Composition,
  type Finishing,
  type Output,
  type Warning,
} from '#contract';
import { reasonOf } from '#errors';
import { encode, wrapPng, type Encoding, type ImageLimits, type Photo, type Pixels } from '#imaging';
import type { Device } from '#inference';
import type { Stage, Stopwatch } from '#telemetry';
import type { ComposeInput, FinishInput, Postprocessed, PrepareInput, Prepared } from './arithmetic.js';
import { backdropOf, describe, layOutCut, noSubject, requireCanvas, toScene } from './compose-picture.js';
import type { FinishedPicture } from './finish.js';
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
  ) => Promise<FinishInput['logits']>;
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

export type CutOutWork = {
  /** The image as a file. */
  readonly bytes: Uint8Array;
  /** Other images as files, by the parameters that named them. */
  readonly further?: ReadonlyMap<string, Uint8Array>;
  readonly request: Pick<Output, 'outputFormat' | 'outputQuality'> & {
    /** The parameter that named the image, for error messages. */
    readonly parameter: string;
    readonly finishing: Finishing;
  };
  readonly served: ServedModel;
};

export type CutOutResult = {
  /** The result as a file. */
  readonly encoded: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly finish: Omit<FinishedPicture, 'raster'> & { readonly composition?: Composition };
};

export type CutOut = (work: CutOutWork, stopwatch: Stopwatch, signal: AbortSignal) => Promise<CutOutResult>;

const firstFrameOnly: Warning = {
  code: 'firstFrameOnly',
  message: 'The image is animated. Only its first frame was processed.',
};

/** A fault of ours in one stage of cutting out. */
export class StageError extends Error {
  override readonly name = 'StageError';

  constructor(stage: Stage | 'load', cause: unknown) {
    super(`${stage}: ${reasonOf(cause)}`, { cause });
  }
}

/** Runs and measures each stage. A fault of ours becomes a StageError. */
const inStages =
  ({ measure }: Stopwatch, signal: AbortSignal) =>
  async <T>(stage: Stage, work: () => Promise<T>): Promise<T> => {
    try {
      return await measure(stage, work);
    } catch (cause) {
      if (cause instanceof TaskError || signal.aborted) throw cause;
      throw new StageError(stage, cause);
    }
  };

type Drawn = { readonly raster: Pixels; readonly composition?: Composition; readonly warnings: Warning[] };
type RunStage = ReturnType<typeof inStages>;

/** Puts a cutout on its canvas, if the task asks for one. */
const composed = async (
  { stages, stage, signal }: { stages: CutOutStages; stage: RunStage; signal: AbortSignal },
  { request, further }: Pick<CutOutWork, 'request' | 'further'>,
  { raster, box = null, photo }: Postprocessed,
): Promise<Drawn> => {
  const { compose: plan } = request.finishing;
  if (!plan) return { raster, warnings: [] };
  const cut = { raster, box };
  const layout = layOutCut(plan, cut);
  await requireCanvas(plan, layout.canvas, stages.limits, request.outputFormat);
  const sent = raster.channels === 4 ? backdropOf(plan, further) : undefined;
  const backdrop = sent
    ? await stage('decode', () => atParameter(BACKGROUND_IMAGE, () => stages.decode(sent, signal)))
    : photo;
  const scene = toScene(plan, layout, box, backdrop);
  const drawn = await stage('postprocess', () => stages.compose({ cut: raster, scene }, signal));
  return { raster: drawn, composition: describe(layout, cut), warnings: box ? [] : [noSubject] };
};

/**
 * Turns the bytes of an image into the bytes of its cutout.
 *
 * @throws TaskError for faults of the caller, StageError for ours, or the signal's reason
 */
export const cutOut =
  (stages: CutOutStages): CutOut =>
  async ({ bytes, further, request, served }, stopwatch, signal) => {
    const { input, output } = served.variant;
    const { parameter, finishing, outputFormat: format, outputQuality: quality } = request;
    const stage = inStages(stopwatch, signal);

    const decoded = await stage('decode', () => atParameter(parameter, () => stages.decode(bytes, signal)));
    const { density, isAnimated } = decoded;
    const { photo, tensor } = await stage('preprocess', () =>
      stages.preprocess({ photo: decoded, input }, signal),
    );
    const logits = await stage('infer', () => stages.infer(served, tensor, signal));
    const options = { finishing, opaque: format === 'JPG' };
    const finished = await stage('postprocess', () =>
      stages.postprocess({ photo, logits, size: input.size, output, ...options }, signal),
    );
    const { warnings: found, unknownPixels, mattingMs } = finished;
    const drawn = await composed(
      { stages, stage, signal },
      { request, ...(further && { further }) },
      finished,
    );
    const { raster, composition } = drawn;
    const encoded = await stage('encode', () => stages.encode(raster, { format, quality, density }));

    const { width, height } = raster;
    const warnings = [...(isAnimated ? [firstFrameOnly] : []), ...found, ...drawn.warnings];
    const finish = { warnings, unknownPixels, mattingMs, ...(composition && { composition }) };
    return { encoded, width, height, finish };
  };
