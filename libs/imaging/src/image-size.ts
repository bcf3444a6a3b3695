import type { Format } from './formats.js';
import { ImageError } from './image-error.js';

/** In pixels. */
export type ImageSize = { readonly width: number; readonly height: number };

/** The largest image that is taken, in pixels. */
export type ImageLimits = { readonly maxSide: number; readonly maxPixels: number };

/** A megapixel of the setting. Cameras that are sold with 64 megapixels have up to 64.4 million pixels. */
const MEGAPIXEL = 2 ** 20;

/** The limits in the settings. */
export const limitsOf = (config: {
  readonly MAX_IMAGE_SIDE: number;
  readonly MAX_IMAGE_MEGAPIXELS: number;
}): ImageLimits => ({
  maxSide: config.MAX_IMAGE_SIDE,
  maxPixels: config.MAX_IMAGE_MEGAPIXELS * MEGAPIXEL,
});

/** The longest side that libjpeg and libwebp can write, in pixels. PNG holds every image that we take. */
const longestSides = { PNG: Infinity, JPG: 65_500, WEBP: 16_383 } as const satisfies Record<Format, number>;

const measured = ({ width, height }: ImageSize, but: string, subject: string): [string, string] => [
  subject,
  `measures ${width} × ${height} pixels; ${but}`,
];

/**
 * @param subject begins the sentence of the error
 * @throws ImageError tooLarge when a side is longer, or there are too many pixels
 */
export const requireImageSize = (
  size: ImageSize,
  { maxSide, maxPixels: max }: ImageLimits,
  subject = 'The image',
): void => {
  if (Math.max(size.width, size.height) > maxSide) {
    throw new ImageError('tooLarge', ...measured(size, `a side may have ${maxSide} at most`, subject), {
      max: maxSide,
    });
  }
  if (size.width * size.height > max) {
    throw new ImageError('tooLarge', ...measured(size, `it may have ${max} in all`, subject), { max });
  }
};

/**
 * Checks the size of the image, which its result shares.
 *
 * @throws ImageError unfit when the format cannot hold an image of that size
 */
export const requireOutputSize = (size: ImageSize, outputFormat: Format, subject = 'The image'): void => {
  const max = longestSides[outputFormat];
  if (Math.max(size.width, size.height) <= max) return;
  const but = `a side of a ${outputFormat} has ${max} at most, so ask for PNG`;
  throw new ImageError('unfit', ...measured(size, but, subject), { max });
};
