import type { Finishing, Warning } from '#contract';
import type { Photo } from '#imaging';
import {
  cutout,
  estimateForeground,
  feather,
  flatten,
  hasTransparency,
  keptShare,
  maskOf,
  offsetEdge,
  overGround,
  ownAlpha,
  postProcessMask,
  stretch,
  toAlpha,
  withBackdrop,
  withStrokes,
  type Alpha,
  type Raster,
} from '#matting';
import { matte, unmatted, type Matted } from './matte.js';
import { touchUp } from './touch-up.js';

export type FinishedPicture = Omit<Matted, 'alpha'> & {
  /** A mask, RGB, or RGBA with straight alpha. */
  readonly raster: Raster;
};

export type FinishOptions = {
  readonly finishing: Finishing;
  /** The format has no transparency. */
  readonly opaque: boolean;
  /** Memory for the cutout, with anything in it. */
  readonly spare?: ArrayBuffer | undefined;
};

/** What a person says about the mask. */
export type Guidance = {
  /** Opinions on pixels, of the photo's size. */
  readonly hint?: Raster | undefined;
  /** The mask is that of a former result. */
  readonly isTouchUp?: boolean;
};

const shape = (mask: Raster, { levels, edgeOffset, feather: sigma }: Finishing): Raster => {
  const stretched = levels ? stretch(mask, levels) : mask;
  const moved = edgeOffset === 0 ? stretched : offsetEdge(stretched, edgeOffset);
  return sigma === 0 ? moved : feather(moved, sigma);
};

/** Replaces the colours of a photo and keeps its own alpha. */
const withOwnAlpha = (colours: Raster, photo: Photo): Raster => {
  if (photo.channels === 3) return colours;
  const data = photo.data.slice();
  for (let to = 0, from = 0; to < data.length; to += 4, from += 3)
    data.set(colours.data.subarray(from, from + 3), to);
  return { ...photo, data };
};

/** The photo with the colours of its subject, which are estimated from what is seen of it. */
const recolour = (photo: Photo, alpha: Alpha): Raster =>
  withOwnAlpha(estimateForeground(overGround(photo), alpha), photo);

/** The alpha of the result. That of matting is finer than its mask. */
const alphaOf = (shaped: Raster, matted: Alpha | undefined, finishing: Finishing): Alpha => {
  const isShaped = finishing.levels !== null || finishing.edgeOffset !== 0 || finishing.feather !== 0;
  return matted && !isShaped ? matted : toAlpha(shaped);
};

const flattenedOnWhite: Warning = {
  code: 'flattenedOnWhite',
  message: 'JPG has no transparency, so the result is on white in place of the transparent colour in rgba.',
};

type Background = { readonly raster: Raster; readonly warnings: Warning[] };

/** The colour behind the subject. A transparent one has no colour, and a JPG is on white then. */
const withBackground = (cut: Raster, { finishing: { rgba }, opaque }: FinishOptions): Background => {
  if (!rgba) return { raster: cut, warnings: [] };
  if (!opaque) return { raster: withBackdrop(cut, rgba), warnings: [] };
  const [red, green, blue, alpha] = rgba;
  if (alpha > 0) return { raster: flatten(cut, rgba), warnings: [] };
  const isWhite = Math.min(red, green, blue) === 255;
  return { raster: flatten(cut), warnings: isWhite ? [] : [flattenedOnWhite] };
};

/** A smaller share of the visible pixels is noise, and so is a smaller loss. */
const NOISE = 1 / 1000;
/** A transparent image is a cutout already, so a network that keeps less of it has not seen the subject. */
const LEAST_OF_CUTOUT = 1 / 100;

const subjectNotFound: Warning = {
  code: 'subjectNotFound',
  message: 'No subject was found, so the image keeps its own transparency.',
};

/** A transparent image in which the network found nothing keeps its own alpha. */
const keepOwnAlpha = (photo: Photo, options: FinishOptions): FinishedPicture => {
  const facts = { ...unmatted, warnings: [subjectNotFound] };
  if (options.finishing.returnOnlyMask) return { raster: ownAlpha(photo), ...facts };
  const { width, height } = photo;
  const everything: Raster = { data: new Uint8Array(width * height).fill(255), width, height, channels: 1 };
  const { raster, warnings } = withBackground(cutout(photo, everything), options);
  return { raster, ...facts, warnings: [...facts.warnings, ...warnings] };
};

/** Whether the network found nothing, and nobody says otherwise. */
const isUnseen = (photo: Photo, mask: Raster, { hint, isTouchUp }: Guidance): boolean =>
  !hint && !isTouchUp && keptShare(photo, mask) < LEAST_OF_CUTOUT;

/** Whether the result is probably not what the caller wants. */
const suspicion = (photo: Photo, mask: Raster, isTransparent: boolean): Warning[] => {
  const share = keptShare(photo, mask);
  if (share < NOISE)
    return [{ code: 'resultEmpty', message: 'No subject was found, so the result is empty.' }];
  if (share < 1 - NOISE || isTransparent) return [];
  return [{ code: 'resultFull', message: 'No background was found, so the result is the whole image.' }];
};

/** The mask with the strokes of the hint in it, and the alpha that matting found. */
const refineMask = (
  photo: Photo,
  mask: Raster,
  { matting, returnOnlyMask }: Finishing,
  hint: Raster | undefined,
): Matted & { readonly mask: Raster } => {
  // rembg returns the mask before it mattes.
  const applied = returnOnlyMask && !matting?.isOfMask ? null : matting;
  if (hint) return touchUp(photo, mask, hint, applied);
  return { ...(applied ? matte(photo, mask, applied) : unmatted), mask };
};

/**
 * Mask of a photo → result. The steps follow rembg: crisp mask, matting, edge, colours, background.
 *
 * @param mask one channel, of the photo's size
 */
export const finish = (
  photo: Photo,
  mask: Raster,
  options: FinishOptions,
  guidance: Guidance = {},
): FinishedPicture => {
  const { finishing } = options;
  const isTransparent = hasTransparency(photo);
  if (isTransparent && isUnseen(photo, mask, guidance)) return keepOwnAlpha(photo, options);

  const base = finishing.postProcessMask ? postProcessMask(mask) : mask;
  const { mask: marked, alpha, ...facts } = refineMask(photo, base, finishing, guidance.hint);
  const moved = shape(alpha ? maskOf(alpha) : marked, finishing);
  const shaped = guidance.hint ? withStrokes(moved, guidance.hint) : moved;
  const warnings = [...facts.warnings, ...suspicion(photo, shaped, isTransparent)];
  if (finishing.returnOnlyMask) return { raster: shaped, ...facts, warnings };

  const isRecoloured = alpha !== undefined || finishing.decontaminate;
  const colours = isRecoloured ? recolour(photo, alphaOf(shaped, alpha, finishing)) : photo;
  const background = withBackground(cutout(colours, shaped, options.spare), options);
  return { raster: background.raster, ...facts, warnings: [...warnings, ...background.warnings] };
};
