import type { Photo } from '#imaging';
import { toHalves, type Input } from '#inference';
import type { Box } from '#contract';
import {
  compose as drawScene,
  deflateRows,
  findSubject,
  maskOfResult,
  overGround,
  quantise,
  resizeLanczos,
  sigmoid,
  toMask,
  toTensor,
  type Raster,
  type Scene,
} from '#matting';
import type { Variant } from '#models';
import { finish, type FinishedPicture, type FinishOptions } from './finish.js';
import { hintEmpty, readHint } from './touch-up.js';
import { move, transferableSymbol, valueSymbol } from 'piscina';

// Runs in the threads of the pixel pool. Buffers are transferred in and out, never copied.

/** Returns when this code is loaded. */
export const load = (): void => undefined;

export type Prepared = { readonly photo: Photo; readonly tensor: Input };
export type PrepareInput = {
  readonly photo: Photo;
  readonly input: Variant['input'];
  /** A used tensor whose memory the new one takes. */
  readonly spare?: Input | undefined;
};
type Prediction = {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly size: number;
  readonly output: Variant['output'];
};
/** What the network found in the photo, or the mask of a former result. */
type Found = Prediction | { readonly mask: Raster };
export type FinishInput = FinishOptions &
  Found & {
    readonly photo: Photo;
    /** Strokes that correct the mask. */
    readonly hint?: Photo | undefined;
  };

const handOver = (value: object, buffers: readonly ArrayBufferLike[]) =>
  move({ [transferableSymbol]: buffers, [valueSymbol]: value });

/** Resizes a raster; returns it as it is when it has that size. */
const fit = (raster: Raster, width: number, height: number): Raster =>
  raster.width === width && raster.height === height ? raster : resizeLanczos(raster, width, height);

const tensorOf = (photo: Raster, { input, spare }: PrepareInput): Input => {
  if (input.type === 'float32')
    return toTensor(photo, input, spare instanceof Float32Array ? spare : undefined);
  // Converts here, so that the device's thread stays free.
  return toHalves(toTensor(photo, input), spare instanceof Uint16Array ? spare : undefined);
};

/** Photo → input tensor of the network; also hands the photo back. */
export const preprocess = (work: PrepareInput) => {
  const { photo, input } = work;
  const tensor = tensorOf(fit(overGround(photo), input.size, input.size), work);
  return handOver({ photo, tensor } satisfies Prepared, [photo.data.buffer, tensor.buffer]);
};

/** Output of the network → mask of size × size. */
const maskOf = ({ logits, size, output }: Prediction): Raster => {
  const prediction = output.activation === 'sigmoid' ? sigmoid(logits) : logits;
  return output.normalise === 'minmax' ? toMask(prediction, size) : quantise(prediction, size);
};

/** What a composition needs besides the pixels of the cutout. */
type ForComposition = {
  /** The subject in the cutout; null when there is none. */
  readonly box?: Box | null;
  /** The photo, when it is to stand behind its subject. */
  readonly photo?: Photo;
};
export type Postprocessed = FinishedPicture & ForComposition;
/** With the memory of the photo where that is no longer needed. */
export type PostprocessedInThread = Postprocessed & { readonly spare?: ArrayBuffer | undefined };

const prepareComposition = ({ photo, finishing }: FinishInput, raster: Raster) => {
  const { compose } = finishing;
  if (!compose) return { raster };
  const found = findSubject(raster, compose.trim);
  const isGround = compose.ground.kind === 'photo' && raster.channels === 4;
  return { ...found, ...(isGround && { photo }) };
};

/** The finished cutout of a mask, with the strokes of a hint in it. */
const finishWork = (work: FinishInput): FinishedPicture => {
  const { photo } = work;
  const isTouchUp = 'mask' in work;
  const mask = isTouchUp ? work.mask : fit(maskOf(work), photo.width, photo.height);
  const hint = work.hint && readHint(work.hint, photo, work.finishing);
  const finished = finish(photo, mask, work, { hint, isTouchUp });
  const warnings = work.hint && !hint ? [hintEmpty, ...finished.warnings] : finished.warnings;
  return { ...finished, warnings };
};

/**
 * Output of the network, or the mask of a former result, and its photo → pixels of the result, or of the cutout that is to
 * be composed.
 */
export const postprocess = (work: FinishInput) => {
  const finished = finishWork(work);
  const prepared: ForComposition & { readonly raster: Raster } = prepareComposition(work, finished.raster);
  const { data, width, height, channels } = prepared.raster;
  const raster: Raster = { data, width, height, channels };
  const photoBuffer = work.photo.data.buffer;
  const isNeeded = prepared.photo !== undefined || photoBuffer === data.buffer;
  const spare = isNeeded ? undefined : photoBuffer;
  const result: PostprocessedInThread = { ...finished, ...prepared, raster, spare };
  return handOver(result, [...new Set([data.buffer, photoBuffer])]);
};

export type ComposeInput = { readonly cut: Raster; readonly scene: Scene };

/** A cutout on its canvas. */
export const compose = ({ cut, scene }: ComposeInput) => {
  const raster = drawScene(cut, scene);
  return handOver(raster, [raster.data.buffer]);
};

/** A former result → its mask; undefined when it has none. */
export const readMask = (result: Photo) => {
  const mask = maskOfResult(result);
  return mask && handOver(mask, [mask.data.buffer]);
};

export type Deflated = {
  readonly stream: Uint8Array;
  /** The memory of the pixels, which are no longer needed. */
  readonly spare: ArrayBuffer;
};

/** Pixels of the result → the compressed rows of its PNG. */
export const deflate = (raster: Raster) => {
  const stream = deflateRows(raster);
  const spare = raster.data.buffer as ArrayBuffer;
  return handOver({ stream, spare } satisfies Deflated, [stream.buffer, spare]);
};
