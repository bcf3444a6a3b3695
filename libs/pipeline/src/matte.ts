import type { Finishing, Warning } from '#contract';
import type { Photo } from '#imaging';
import {
  closedFormAlpha,
  overGround,
  toTrimap,
  type Alpha,
  type MattingObstacle,
  type Raster,
} from '#matting';

/** What matting did. */
export type Matted = {
  /** Absent when the mask stays as it is. */
  readonly alpha?: Alpha;
  readonly warnings: Warning[];
  /** How many pixels were solved; null without matting. */
  readonly unknownPixels: number | null;
  readonly mattingMs: number | null;
};

export const unmatted: Matted = { warnings: [], unknownPixels: null, mattingMs: null };

/** Why the mask stays as it is. `stopped` is missing, since a stop ends the thread. */
export type Obstacles = Readonly<Record<Exclude<MattingObstacle, 'stopped'>, Warning>>;

const obstacles: Obstacles = {
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

type Task = {
  /** 0, 128 and 255. */
  readonly trimap: Raster;
  /** Alpha of the known pixels, where it is finer than the trimap. */
  readonly known?: Alpha;
  readonly obstacles: Obstacles;
};

/** Solves the unknown pixels of a trimap. */
export const solve = (photo: Photo, { trimap, known, obstacles: told }: Task): Matted => {
  const startMs = performance.now();
  const solved = closedFormAlpha(overGround(photo), trimap, { known });
  const mattingMs = performance.now() - startMs;
  if (!solved.solved) {
    if (solved.obstacle === 'stopped') throw new Error('the matting was stopped');
    return { warnings: [told[solved.obstacle]], unknownPixels: 0, mattingMs };
  }
  const { alpha, unknownPixels, level } = solved;
  return { alpha, warnings: level > 0 ? [reduced(level)] : [], unknownPixels, mattingMs };
};

/** The certain parts of a mask. */
export const trimapOf = (mask: Raster, matting: NonNullable<Finishing['matting']>): Raster => {
  const { isOfMask: _, ...numbers } = matting;
  return toTrimap(mask, numbers);
};

/** Alpha of the uncertain edge from the colours of the photo. */
export const matte = (photo: Photo, mask: Raster, matting: NonNullable<Finishing['matting']>): Matted =>
  solve(photo, { trimap: trimapOf(mask, matting), obstacles });
