import { type Raster, requireChannels, requireRaster } from './raster.js';

/** The share of the subject in each pixel, 0…1, row by row. */
export type Alpha = {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
};

/** A mask of bytes as alpha. Throws RangeError unless it has one channel that fills its geometry. */
export const toAlpha = (mask: Raster): Alpha => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  const { width, height } = mask;
  const data = new Float32Array(mask.data.length);
  for (let i = 0; i < data.length; i++) data[i] = mask.data[i]! / 255;
  return { data, width, height };
};

/** Alpha as a mask of bytes, rounded. pymatting's callers cut fractions off, which leaves solid pixels at 254. */
export const maskOf = ({ data, width, height }: Alpha): Raster => {
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = data[i]! * 255 + 0.5;
  return { data: bytes, width, height, channels: 1 };
};

/** Throws RangeError unless both have the same width and height. */
export const requireSameSize = (
  what: string,
  { width, height }: { width: number; height: number },
  photo: Raster,
): void => {
  if (width === photo.width && height === photo.height) return;
  throw new RangeError(
    `${what} of ${width}×${height} pixels does not fit a photo of ${photo.width}×${photo.height}`,
  );
};
