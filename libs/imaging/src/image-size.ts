import { MAX_IMAGE_PIXELS } from '#contract';
import type { Format } from './formats.js';
import { ImageError } from './image-error.js';

/** In pixels. */
export type ImageSize = { readonly width: number; readonly height: number };

/** The longest side that libjpeg and libwebp can write, in pixels. PNG holds every image that we take. */
const longestSides = { PNG: Infinity, JPG: 65_500, WEBP: 16_383 } as const satisfies Record<Format, number>;

const measured = ({ width, height }: ImageSize, but: string): [string, string] => [
  'The image',
  `measures ${width} × ${height} pixels; ${but}`,
];

/**
 * @param maxSide the longest side that is taken, in pixels
 * @throws ImageError tooLarge when a side is longer, or there are too many pixels
 */
export const requireImageSize = (size: ImageSize, maxSide: number): void => {
  if (Math.max(size.width, size.height) > maxSide) {
    throw new ImageError('tooLarge', ...measured(size, `a side may have ${maxSide} at most`), {
      max: maxSide,
    });
  }
  if (size.width * size.height > MAX_IMAGE_PIXELS) {
    const max = MAX_IMAGE_PIXELS;
    throw new ImageError('tooLarge', ...measured(size, `it may have ${max} in all`), { max });
  }
};

/**
 * Checks the size of the image, which its result shares.
 *
 * @throws ImageError unfit when the format cannot hold an image of that size
 */
export const requireOutputSize = (size: ImageSize, outputFormat: Format): void => {
  const max = longestSides[outputFormat];
  if (Math.max(size.width, size.height) <= max) return;
  const but = `a side of a ${outputFormat} has ${max} at most, so ask for PNG`;
  throw new ImageError('unfit', ...measured(size, but), { max });
};
