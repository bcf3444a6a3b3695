import type { Finishing, Warning } from '#contract';
import type { Photo } from '#imaging';
import {
  closedFormAlpha,
  cutout,
  estimateForeground,
  feather,
  flatten,
  maskOf,
  offsetEdge,
  postProcessMask,
  toAlpha,
  toTrimap,
  withBackdrop,
  type Alpha,
  type MattingObstacle,
  type Raster,
} from '#matting';

export type FinishedPicture = {
  /** A mask, RGB, or RGBA with straight alpha. */
  readonly raster: Raster;
  readonly warnings: Warning[];
  /** How many pixels matting solved; null without it. */
  readonly unknownPixels: number | null;
  readonly mattingMs: number | null;
};

export type FinishOptions = {
  readonly finishing: Finishing;
  /** The format has no transparency. */ readonly opaque: boolean;
};

type Matted = Pick<FinishedPicture, 'warnings' | 'unknownPixels' | 'mattingMs'> & { readonly alpha?: Alpha };

const unmatted: Matted = { warnings: [], unknownPixels: null, mattingMs: null };

/** Why the result is the plain cutout. `stopped` is missing, since a stop ends the thread. */
const obstacles: Record<Exclude<MattingObstacle, 'stopped'>, Warning> = {
  noForeground: {
    code: 'mattingNoForeground',
    message:
      'No pixel is certain to be subject, so alpha matting was left out: lower alphaMattingForegroundThreshold or alphaMattingErodeSize.',
  },
  noBackground: {
    code: 'mattingNoBackground',
    message:
      'No pixel is certain to be background, so alpha matting was left out: raise alphaMattingBackgroundThreshold or lower alphaMattingErodeSize.',
  },
  nothingUnknown: {
    code: 'mattingNothingUnknown',
    message: 'Every pixel is certain, so there was nothing for alpha matting to do.',
  },
  notConverged: {
    code: 'mattingNotConverged',
    message: 'Alpha matting did not come to an end, so it was left out.',
  },
};

const reduced = (level: number): Warning => ({
  code: 'mattingReduced',
  message: `So many pixels are uncertain that alpha matting was solved at 1/${2 ** level} of the photo's size.`,
});

const matte = (photo: Photo, mask: Raster, matting: NonNullable<Finishing['matting']>): Matted => {
  const { isOfMask: _, ...numbers } = matting;
  const startMs = performance.now();
  const solved = closedFormAlpha(photo, toTrimap(mask, numbers));
  const mattingMs = performance.now() - startMs;
  if (!solved.solved) {
    if (solved.obstacle === 'stopped') throw new Error('the matting was stopped');
    return { warnings: [obstacles[solved.obstacle]], unknownPixels: 0, mattingMs };
  }
  const { alpha, unknownPixels, level } = solved;
  return { alpha, warnings: level > 0 ? [reduced(level)] : [], unknownPixels, mattingMs };
};

const shape = (mask: Raster, { edgeOffset, feather: sigma }: Finishing): Raster => {
  const moved = edgeOffset === 0 ? mask : offsetEdge(mask, edgeOffset);
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

const withBackground = (cut: Raster, { finishing: { rgba }, opaque }: FinishOptions): Raster => {
  if (!rgba) return cut;
  return opaque ? flatten(cut, rgba) : withBackdrop(cut, rgba);
};

/**
 * Mask of a photo → result. The steps follow rembg: crisp mask, matting, edge, colours, background.
 *
 * @param mask one channel, of the photo's size
 */
export const finish = (photo: Photo, mask: Raster, options: FinishOptions): FinishedPicture => {
  const { finishing } = options;
  const { matting, returnOnlyMask } = finishing;
  const base = finishing.postProcessMask ? postProcessMask(mask) : mask;
  // rembg returns the mask before it mattes.
  const isWanted = matting && (!returnOnlyMask || matting.isOfMask);
  const { alpha, ...facts } = isWanted ? matte(photo, base, matting) : unmatted;
  const shaped = shape(alpha ? maskOf(alpha) : base, finishing);
  if (returnOnlyMask) return { raster: shaped, ...facts };

  const isRecoloured = alpha || finishing.decontaminate;
  const isShaped = finishing.edgeOffset !== 0 || finishing.feather !== 0;
  const colours = isRecoloured
    ? withOwnAlpha(estimateForeground(photo, alpha && !isShaped ? alpha : toAlpha(shaped)), photo)
    : photo;
  return { raster: withBackground(cutout(colours, shaped), options), ...facts };
};
