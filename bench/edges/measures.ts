import { offsetEdge, type Raster } from '#matting';
import type { Scene } from './scenes.js';

/** How a cutout differs from the truth at its edge. */
export type EdgeFaults = {
  /** Background left in the edge band, in levels of 255: the mean over magenta and green behind the cutout. */
  readonly halo: number;
  /** Subject lost in the edge band, in levels of 255. */
  readonly eaten: number;
  /** The share of structures narrower than nine pixels that is gone, 0 … 1. NaN where the scene has none. */
  readonly thinLost: number;
  /** Pixels by which the outline is further out than it was (above 0) or further in. */
  readonly moved: number;
};

const BAND = 6;
const THIN = 4;
const backdrops = [
  [255, 0, 255],
  [0, 255, 0],
] as const;

/** Ones where the mask is above `least`. */
const binary = (mask: Raster, least: number): Raster => ({
  ...mask,
  data: mask.data.map((value) => (value > least ? 255 : 0)),
});

/** The pixels within `BAND` pixels of the outline. */
const bandOf = (alpha: Raster): Uint8Array => {
  const outer = offsetEdge(binary(alpha, 0), BAND).data;
  const inner = offsetEdge(binary(alpha, 254), -BAND).data;
  return outer.map((value, i) => (value > 0 && inner[i] === 0 ? 1 : 0));
};

/** What an opening takes away: alpha of structures narrower than 2 · THIN + 1 pixels. */
const thinOf = (alpha: Raster): Uint8Array => {
  const opened = offsetEdge(offsetEdge(binary(alpha, 127), -THIN), THIN + 1).data;
  return alpha.data.map((value, i) => (opened[i] === 0 ? value : 0));
};

/** The number of pixels on the inner side of the outline. */
const outlineOf = (alpha: Raster): number => {
  const solid = binary(alpha, 127);
  const inside = offsetEdge(solid, -1).data;
  return solid.data.reduce((sum, value, i) => sum + (value > 0 && inside[i] === 0 ? 1 : 0), 0);
};

const sumOf = (samples: Uint8Array): number => samples.reduce((sum, value) => sum + value, 0);

type Pixel = { readonly cut: number; readonly truth: number; readonly behind: number };

/** How far the composite of a pixel is from the right one towards its old background, 0 … 1. */
const towards = (scene: Scene, cutout: Raster, i: number, backdrop: readonly number[]): number => {
  const share = cutout.data[4 * i + 3]! / 255;
  const trueShare = scene.alpha.data[i]! / 255;
  const channels = backdrop.map((on, c): Pixel => {
    const truth = trueShare * scene.subject.data[3 * i + c]! + (1 - trueShare) * on;
    return {
      truth,
      cut: share * cutout.data[4 * i + c]! + (1 - share) * on,
      behind: scene.background.data[3 * i + c]! - on,
    };
  });
  const length = channels.reduce((sum, { behind }) => sum + behind ** 2, 0);
  const along = channels.reduce((sum, { cut, truth, behind }) => sum + (cut - truth) * behind, 0);
  return length === 0 ? 0 : Math.min(1, Math.max(0, along / length));
};

const haloOf = (scene: Scene, cutout: Raster, band: Uint8Array): number => {
  let sum = 0;
  let count = 0;
  for (const [i, isIn] of band.entries()) {
    if (isIn === 0) continue;
    for (const backdrop of backdrops) sum += towards(scene, cutout, i, backdrop);
    count += backdrops.length;
  }
  return (255 * sum) / count;
};

/**
 * Compares a cutout with the truth.
 * @param cutout RGBA with straight alpha, of the scene's size
 */
export const edgeFaults = (scene: Scene, cutout: Raster): EdgeFaults => {
  const truth = scene.alpha.data;
  const alpha = truth.map((_, i) => cutout.data[4 * i + 3]!);
  const band = bandOf(scene.alpha);
  const thin = thinOf(scene.alpha);
  const lost = truth.map((value, i) => Math.max(0, value - alpha[i]!));
  const inBand = sumOf(band);
  return {
    halo: haloOf(scene, cutout, band),
    eaten: sumOf(lost.map((value, i) => value * band[i]!)) / inBand,
    thinLost: sumOf(lost.map((value, i) => (thin[i]! > 0 ? value : 0))) / sumOf(thin),
    moved: (sumOf(alpha) - sumOf(truth)) / 255 / outlineOf(scene.alpha),
  };
};

/** How far a cutout's alpha is from the true one: the mean over all pixels, in levels of 255. */
export const meanError = (truth: Raster, cutout: Raster): number =>
  truth.data.reduce((sum, value, i) => sum + Math.abs(value - cutout.data[4 * i + 3]!), 0) /
  truth.data.length;

/** What shows of a photo's cutout without the truth. */
export type OwnFaults = Pick<EdgeFaults, 'halo' | 'thinLost' | 'moved'>;

/** How far a colour is on the way from one to another, 0 … 1. */
const shareOn = (colour: readonly number[], from: readonly number[], to: readonly number[]): number => {
  const way = to.map((value, c) => value - from[c]!);
  const length = way.reduce((sum, value) => sum + value ** 2, 0);
  const along = way.reduce((sum, value, c) => sum + value * (colour[c]! - from[c]!), 0);
  return length === 0 ? 0 : Math.min(1, Math.max(0, along / length));
};

const rgbAt = (samples: Uint8Array, at: number): number[] => [
  samples[at]!,
  samples[at + 1]!,
  samples[at + 2]!,
];

type Colours = { readonly subject: Uint8Array; readonly background: Uint8Array };

/**
 * Compares a cutout with the mask of the network that it comes from. Background in the edge is what the colours around
 * explain by the background; what is lost and moved counts against the mask.
 * @param colours RGB of the photo's size: the subject and the background around each pixel
 */
export const ownFaults = (mask: Raster, colours: Colours, cutout: Raster): OwnFaults => {
  const alpha = mask.data.map((_, i) => cutout.data[4 * i + 3]!);
  const band = bandOf({ ...mask, data: alpha });
  const thin = thinOf(mask);
  let halo = 0;
  for (const [i, isIn] of band.entries()) {
    if (isIn === 0 || alpha[i] === 0) continue;
    const [subject, background] = [rgbAt(colours.subject, 3 * i), rgbAt(colours.background, 3 * i)];
    halo += (alpha[i]! / 255) * shareOn(rgbAt(cutout.data, 4 * i), subject, background);
  }
  return {
    halo: (255 * halo) / sumOf(band),
    thinLost:
      sumOf(mask.data.map((value, i) => (thin[i]! > 0 ? Math.max(0, value - alpha[i]!) : 0))) / sumOf(thin),
    moved: (sumOf(alpha) - sumOf(mask.data)) / 255 / outlineOf(mask),
  };
};
