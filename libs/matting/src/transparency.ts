import { type Raster, requireChannels, requireRaster } from './raster.js';

/** The greys that a photo may be laid over; the first of equals is taken. */
const grounds = [255, 0, 128] as const;

/** Levels of luma by which a pixel stands out from its ground. */
const CONTRAST = 96;

/** Whether a pixel of the photo is not opaque. */
export const hasTransparency = ({ data, channels }: Raster): boolean => {
  if (channels !== 4) return false;
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return true;
  return false;
};

/** How much of each luma is visible. Weights of ITU-R BT.601. */
const visibleLuma = ({ data }: Raster): Float64Array => {
  const histogram = new Float64Array(256);
  for (let i = 0; i < data.length; i += 4) {
    const luma = (data[i]! * 299 + data[i + 1]! * 587 + data[i + 2]! * 114) / 1000;
    histogram[Math.round(luma)]! += data[i + 3]!;
  }
  return histogram;
};

/** The grey from which most of the visible pixels stand out. */
const groundOf = (photo: Raster): number => {
  const histogram = visibleLuma(photo);
  const lostOn = (ground: number): number =>
    histogram.reduce(
      (sum, weight, luma) => sum + weight * Math.max(0, CONTRAST - Math.abs(luma - ground)),
      0,
    );
  const losses = grounds.map(lostOn);
  return grounds[losses.indexOf(Math.min(...losses))]!;
};

/**
 * The photo as RGB over a grey that contrasts with its visible pixels, so that the colour of hidden pixels does not
 * matter. An opaque photo is returned as it is.
 */
export const overGround = (photo: Raster): Raster => {
  requireRaster(photo);
  if (!hasTransparency(photo)) return photo;
  const { data: from, width, height } = photo;
  const ground = groundOf(photo);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, to = 0; i < from.length; i += 4, to += 3) {
    const alpha = from[i + 3]!;
    const under = ground * (255 - alpha) + 127;
    data[to] = (from[i]! * alpha + under) / 255;
    data[to + 1] = (from[i + 1]! * alpha + under) / 255;
    data[to + 2] = (from[i + 2]! * alpha + under) / 255;
  }
  return { data, width, height, channels: 3 };
};

/** The photo's own alpha as a mask. */
export const ownAlpha = (photo: Raster): Raster => {
  requireChannels(photo, [4]);
  const { data: from, width, height } = photo;
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = from[4 * i + 3]!;
  return { data, width, height, channels: 1 };
};

/** The share of what is visible in the photo that the mask keeps, 0…1. */
export const keptShare = (photo: Raster, { data: mask }: Raster): number => {
  const { data, channels } = photo;
  let kept = 0;
  let visible = 0;
  for (let i = 0; i < mask.length; i++) {
    const alpha = channels === 4 ? data[4 * i + 3]! : 255;
    kept += mask[i]! * alpha;
    visible += alpha;
  }
  return visible === 0 ? 0 : kept / (255 * visible);
};
