import { type Alpha, requireSameSize } from './alpha.js';
import { doubleAlpha, halveAlpha, halveKinds, halvePhoto } from './closed-form/halve.js';
import type { Watch } from './closed-form/iterate.js';
import { countUnknown, knownAlpha, sortPixels } from './closed-form/sort-pixels.js';
import { solveBand, type Solution, usualLimits } from './closed-form/solve.js';
import { kind } from './closed-form/system.js';
import { withKernel } from './matting-kernel.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';

export type ClosedFormOptions = {
  /** Called before every iteration and now and then in between; true ends the work. */
  readonly shouldStop?: () => boolean;
  /** @param error the estimated distance of any alpha from the solution */
  readonly onIteration?: (iteration: number, error: number) => void;
  /** Iterations after which alpha counts as not found; 500 by default. */
  readonly mostIterations?: number;
  /** With more unknown pixels the photo is halved until it has fewer. */
  readonly mostUnknown?: number;
  /** Alpha of the known pixels, where it is finer than the trimap's 0 and 1. */
  readonly known?: Alpha | undefined;
};

/** Why there is no alpha. */
export type MattingObstacle = 'noForeground' | 'noBackground' | 'nothingUnknown' | 'notConverged' | 'stopped';

export type ClosedForm =
  | {
      readonly solved: true;
      readonly alpha: Alpha;
      readonly unknownPixels: number;
      readonly iterations: number;
      /** ‖b − A x‖ / ‖b‖ */
      readonly residual: number;
      /** How often the photo was halved; 0 is its own size. */
      readonly level: number;
    }
  | { readonly solved: false; readonly obstacle: MattingObstacle; readonly unknownPixels: number };

/** Takes about 400 MB of working memory. */
const mostUnknownByDefault = 1_500_000;
/** Of working memory, usually. */
const bytesPerUnknown = 350;

type Solved = { readonly alpha: Float32Array; readonly solution: Solution; readonly level: number };

type Work = {
  readonly sorted: Uint8Array;
  readonly unknown: number;
  readonly known: Float32Array | undefined;
};

const solveWithin = (photo: Raster, { sorted, unknown, known }: Work, most: number, watch: Watch): Solved => {
  const alpha = knownAlpha(sorted, known);
  if (unknown <= most || photo.width < 8 || photo.height < 8) {
    return withKernel(sorted.length, unknown * bytesPerUnknown, (kernel) => {
      const solution = solveBand(photo, { sorted, alpha }, watch, usualLimits, kernel);
      if (solution.state === 'converged') solution.write(alpha);
      return { alpha, solution, level: 0 };
    });
  }

  const { width, height } = photo;
  const halved = halveKinds(sorted, width, height);
  const work = {
    sorted: halved,
    unknown: countUnknown(halved),
    known: known && halveAlpha(known, width, height),
  };
  const half = solveWithin(halvePhoto(photo), work, most, watch);
  const doubled = doubleAlpha(half.alpha, width, height);
  for (let i = 0; i < alpha.length; i++) if (sorted[i] === kind.unknown) alpha[i] = doubled[i]!;
  return { alpha, solution: half.solution, level: half.level + 1 };
};

/** Why a trimap cannot be solved, found before anything is computed. */
const obstacleOf = (
  { width, height }: Raster,
  [background, foreground, unknown]: readonly [number, number, number],
): MattingObstacle | undefined => {
  if (foreground === 0) return 'noForeground';
  if (background === 0) return 'noBackground';
  if (unknown === 0) return 'nothingUnknown';
  // No window of 3 × 3 fits in, so nothing connects the unknown pixels to the known ones.
  return width < 3 || height < 3 ? 'notConverged' : undefined;
};

/**
 * Closed-form matting: computes alpha of the unknown pixels of a trimap from the colours of the photo. Known pixels keep
 * the value of the trimap.
 *
 * The system is that of pymatting's `estimate_alpha_cf`, with the rounding of its matrix: where the colours of a window lie
 * on a line, that rounding alone may change alpha by a hundred levels. It is solved until the largest error is estimated to
 * be a third of a level of eight bits. That is an estimate, not a bound; tests compare hard scenes and photos with direct
 * solutions in double precision, and find less than one level. Where the iterations do not get there, or pymatting raises
 * ValueError, this names the obstacle.
 *
 * Source: Levin, Lischinski and Weiss, A closed form solution to natural image matting, 2008.
 *
 * @param photo RGB or RGBA; its own alpha is ignored
 * @param trimap one channel of the photo's size: up to 25 background, from 230 on foreground, else unknown
 * @throws RangeError when sizes or channels do not fit, or data do not fill their geometry
 */
export const closedFormAlpha = (
  photo: Raster,
  trimap: Raster,
  {
    shouldStop = () => false,
    onIteration = () => {},
    mostIterations,
    mostUnknown = mostUnknownByDefault,
    known,
  }: ClosedFormOptions = {},
): ClosedForm => {
  requireRaster(photo);
  requireRaster(trimap);
  requireChannels(photo, [3, 4]);
  requireChannels(trimap, [1]);
  requireSameSize('a trimap', trimap, photo);
  if (known) requireSameSize('a known alpha', known, photo);

  const { sorted, counts } = sortPixels(trimap.data);
  const unknownPixels = counts[kind.unknown];
  const obstacle = obstacleOf(photo, counts);
  if (obstacle) return { solved: false, obstacle, unknownPixels };

  const { alpha, solution, level } = solveWithin(
    photo,
    { sorted, unknown: unknownPixels, known: known?.data },
    mostUnknown,
    {
      shouldStop,
      onIteration,
      ...(mostIterations !== undefined && { mostIterations }),
    },
  );
  const { state, iterations, residual } = solution;
  if (state === 'stopped') return { solved: false, obstacle: 'stopped', unknownPixels };
  if (state === 'exhausted') return { solved: false, obstacle: 'notConverged', unknownPixels };
  const { width, height } = photo;
  return { solved: true, alpha: { data: alpha, width, height }, unknownPixels, iterations, residual, level };
};
