import { atParameter } from '#boundary';
import {
  BACKGROUND_IMAGE,
  canvasParameterOf,
  layOut,
  pixelsOf,
  type Box,
  type ComposePlan,
  type Composition,
  type Layout,
  type Warning,
} from '#contract';
import { requireImageSize, requireOutputSize, type Format, type ImageLimits, type Photo } from '#imaging';
import { overGround, type Raster, type Scene } from '#matting';

/** A finished cutout that is to be composed. */
export type Cut = {
  /** RGBA, or a mask of one channel. */
  readonly raster: Raster;
  /** The subject in it; null when no pixel reaches the threshold. */
  readonly box: Box | null;
};

/** @throws TaskError when the limits of images or the output format cannot hold the canvas */
export const requireCanvas = (
  plan: ComposePlan,
  canvas: Layout['canvas'],
  limits: ImageLimits,
  format: Format,
): Promise<void> =>
  atParameter(canvasParameterOf(plan), () => {
    requireImageSize(canvas, limits, 'The canvas');
    requireOutputSize(canvas, format, 'The canvas');
  });

export const noSubject: Warning = {
  code: 'composeNoSubject',
  message: 'No pixel reaches compose.trim.threshold, so nothing was placed on the canvas.',
};

/** The canvas and where the subject lies. Without a subject, the photo's frame gives the size. */
export const layOutCut = (plan: ComposePlan, { raster, box }: Cut): Layout => {
  const { width, height } = raster;
  return layOut(plan, box ?? { width, height });
};

export const describe = ({ canvas, subject }: Layout, { box }: Cut): Composition => ({
  width: canvas.width,
  height: canvas.height,
  ...(box && { subject, source: box }),
});

/** The picture behind the subject: the task's own, or the photo. */
export const backdropOf = (
  { ground }: ComposePlan,
  further: ReadonlyMap<string, Uint8Array> | undefined,
): Uint8Array | undefined => {
  if (ground.kind !== 'image') return undefined;
  const bytes = further?.get(BACKGROUND_IMAGE);
  if (!bytes) throw new Error(`The task has no bytes for ${BACKGROUND_IMAGE}.`);
  return bytes;
};

const sceneGround = (
  { ground }: ComposePlan,
  canvas: Layout['canvas'],
  backdrop: Photo | undefined,
): Scene['ground'] => {
  if (ground.kind !== 'image' && ground.kind !== 'photo') return ground;
  // A mask has no ground.
  if (!backdrop) return { kind: 'none' };
  if (ground.kind === 'image') return { ...ground, raster: backdrop };
  return { kind: 'photo', raster: overGround(backdrop), blur: pixelsOf(ground.blur, canvas) };
};

/** A plan in pixels of its canvas. */
export const toScene = (
  plan: ComposePlan,
  { canvas, subject: target }: Layout,
  source: Box | null,
  backdrop: Photo | undefined,
): Scene => {
  const { shadow, outline } = plan;
  const toPixels = (length: Parameters<typeof pixelsOf>[0]) => pixelsOf(length, canvas);
  return {
    canvas,
    subject: source && { source, target },
    ground: sceneGround(plan, canvas, backdrop),
    shadow: shadow && {
      ...shadow,
      offsetX: toPixels(shadow.offsetX),
      offsetY: toPixels(shadow.offsetY),
      blur: toPixels(shadow.blur),
    },
    outline: outline && { ...outline, width: toPixels(outline.width) },
  };
};
