import type { Finishing, Warning } from '#contract';
import type { Photo } from '#imaging';
import {
  hasOpinion,
  hintedTrimap,
  nearestSide,
  opinion,
  toAlpha,
  toHint,
  withBand,
  withStrokes,
  type Raster,
} from '#matting';
import { solve, trimapOf, unmatted, type Matted, type Obstacles } from './matte.js';

export const hintEmpty: Warning = {
  code: 'hintEmpty',
  message: 'The hint is transparent everywhere, so it changed nothing.',
};

const obstacles: Obstacles = {
  noForeground: {
    code: 'mattingNoForeground',
    message:
      'No pixel is certain to be subject, so only the strokes of the hint count: mark subject in white.',
  },
  noBackground: {
    code: 'mattingNoBackground',
    message:
      'No pixel is certain to be background, so only the strokes of the hint count: mark background in black.',
  },
  nothingUnknown: {
    code: 'mattingNothingUnknown',
    message: 'Every pixel is certain, so there was nothing for alpha matting to do.',
  },
  notConverged: {
    code: 'mattingNotConverged',
    message: 'Alpha matting did not come to an end, so only the strokes of the hint count.',
  },
};

/** What the drawn hint says of each pixel of the photo; undefined where it says nothing. */
export const readHint = (
  drawn: Raster,
  { width, height }: Raster,
  { hint }: Finishing,
): Raster | undefined => {
  const read = toHint(drawn, width, height);
  return hasOpinion(read) ? withBand(read, hint?.radius ?? 0) : undefined;
};

export type TouchedUp = Matted & { /** The mask with the strokes in it. */ readonly mask: Raster };

/**
 * Draws the strokes into the mask, and solves what the hint leaves open. Without alpha matting, all other pixels keep the
 * values of the mask.
 */
export const touchUp = (
  photo: Photo,
  sent: Raster,
  hint: Raster,
  matting: Finishing['matting'],
): TouchedUp => {
  const mask = withStrokes(sent, hint);
  const isOpen = hint.data.includes(opinion.solve);
  if (!matting && !isOpen) return { ...unmatted, mask };
  const trimap = hintedTrimap(matting ? trimapOf(mask, matting) : nearestSide(mask), hint);
  const known = matting ? {} : { known: toAlpha(mask) };
  return { ...solve(photo, { trimap, ...known, obstacles }), mask };
};
