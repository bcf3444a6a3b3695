import { MAX_IMAGE_PIXELS } from './limits.js';
import { TaskError } from './problems.js';
import type { Output } from './output.js';

/** In pixels. */
export type ImageSize = { readonly width: number; readonly height: number };
type OutputFormat = Output['outputFormat'];

/** Pixels of a side that libjpeg and libwebp write at most. No image that is taken is too large for PNG. */
const longestSides = { PNG: Infinity, JPG: 65_500, WEBP: 16_383 } as const satisfies Record<
  OutputFormat,
  number
>;

const measured = ({ width, height }: ImageSize, parameter: string): string =>
  `The image in '${parameter}' measures ${width} × ${height} pixels`;

/**
 * @param maxSide pixels that a side may have
 * @throws TaskError maxImageSizeExceeded when a side is longer, or there are too many pixels
 */
export const requireImageSize = (size: ImageSize, maxSide: number, parameter: string): void => {
  const { width, height } = size;
  if (Math.max(width, height) > maxSide) {
    const message = `${measured(size, parameter)}; a side may have ${maxSide} at most.`;
    throw new TaskError('maxImageSizeExceeded', message, { parameter, max: maxSide });
  }
  if (width * height > MAX_IMAGE_PIXELS) {
    const message = `${measured(size, parameter)}; it may have ${MAX_IMAGE_PIXELS} in all.`;
    throw new TaskError('maxImageSizeExceeded', message, { parameter, max: MAX_IMAGE_PIXELS });
  }
};

/**
 * A result is as large as its image.
 *
 * @param parameter of the image, named in the error
 * @throws TaskError incompatibleParameters when the format cannot hold an image of that size
 */
export const requireOutputSize = (size: ImageSize, outputFormat: OutputFormat, parameter: string): void => {
  const max = longestSides[outputFormat];
  if (Math.max(size.width, size.height) <= max) return;
  const message = `${measured(size, parameter)}; a side of a ${outputFormat} has ${max} at most, so ask for PNG.`;
  throw new TaskError('incompatibleParameters', message, { parameter: 'outputFormat', max });
};
