import { atParameter } from '#boundary';
import {
  BACKGROUND_IMAGE,
  BASE,
  HINT,
  type Composition,
  type Finishing,
  type Output,
  type Warning,
} from '#contract';
import type { Photo, Pixels } from '#imaging';
import type { Stopwatch } from '#telemetry';
import type { Postprocessed } from './arithmetic.js';
import { backdropOf, describe, layOutCut, noSubject, requireCanvas, toScene } from './compose-picture.js';
import type { FinishedPicture } from './finish.js';
import { requireHint, requireMask, requireSize } from './further-images.js';
import type { ServedModel } from './served-models.js';
import { inStages, type CutOutStages, type RunStage } from './stages.js';

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

type Drawn = { readonly raster: Pixels; readonly composition?: Composition; readonly warnings: Warning[] };

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

/** @param parameter that named the image */
type Decode = (bytes: Uint8Array, parameter: string) => Promise<Photo>;

/** The mask of a former result of the photo. */
const readBase = async (
  stages: CutOutStages,
  { base, photo }: { readonly base: Uint8Array; readonly photo: Photo },
  { stage, decode, signal }: { stage: RunStage; decode: Decode; signal: AbortSignal },
) => {
  const result = await decode(base, BASE);
  requireSize(BASE, result, photo);
  const mask = await stage('preprocess', () => stages.readMask(result, signal));
  return { photo, found: { mask: requireMask(BASE, mask) } };
};

/** What the network finds in the photo. */
const predict = async (
  stages: CutOutStages,
  { served, photo: decoded }: { readonly served: ServedModel; readonly photo: Photo },
  { stage, signal }: { stage: RunStage; signal: AbortSignal },
) => {
  const { input, output } = served.variant;
  const { photo, tensor } = await stage('preprocess', () =>
    stages.preprocess({ photo: decoded, input }, signal),
  );
  const logits = await stage('infer', () => stages.infer(served, tensor, signal));
  return { photo, found: { logits, size: input.size, output } };
};

/**
 * Turns the bytes of an image into the bytes of its cutout. With a former result as base, the network does not run.
 *
 * @throws TaskError for faults of the caller, StageError for ours, or the signal's reason
 */
export const cutOut =
  (stages: CutOutStages): CutOut =>
  async ({ bytes, further, request, served }, stopwatch, signal) => {
    const { parameter, finishing, outputFormat: format, outputQuality: quality } = request;
    const stage = inStages(stopwatch, signal);
    const decode: Decode = (file, named) =>
      stage('decode', () => atParameter(named, () => stages.decode(file, signal)));

    const decoded = await decode(bytes, parameter);
    const { density, isAnimated } = decoded;
    const [base, strokes] = [further?.get(BASE), further?.get(HINT)];
    const hint = strokes && requireHint(HINT, await decode(strokes, HINT), decoded);
    const { photo, found } = base
      ? await readBase(stages, { base, photo: decoded }, { stage, decode, signal })
      : await predict(stages, { served, photo: decoded }, { stage, signal });
    const options = { finishing, opaque: format === 'JPG' };
    const finished = await stage('postprocess', () =>
      stages.postprocess({ photo, hint, ...found, ...options }, signal),
    );
    const { unknownPixels, mattingMs } = finished;
    const drawn = await composed(
      { stages, stage, signal },
      { request, ...(further && { further }) },
      finished,
    );
    const { raster, composition } = drawn;
    const encoded = await stage('encode', () => stages.encode(raster, { format, quality, density }));

    const { width, height } = raster;
    const warnings = [...(isAnimated ? [firstFrameOnly] : []), ...finished.warnings, ...drawn.warnings];
    const finish = { warnings, unknownPixels, mattingMs, ...(composition && { composition }) };
    return { encoded, width, height, finish };
  };
