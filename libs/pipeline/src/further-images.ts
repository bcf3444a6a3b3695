import { TaskError } from '#contract';
import type { Raster } from '#matting';

type Size = Pick<Raster, 'width' | 'height'>;

const sizeOf = ({ width, height }: Size) => `${width}×${height}`;

/** @throws TaskError when the former result is not of the photo's size */
export const requireSize = (parameter: string, result: Size, photo: Size): void => {
  if (result.width === photo.width && result.height === photo.height) return;
  const message = `The image in '${parameter}' has ${sizeOf(result)} pixels, and the photo ${sizeOf(photo)}: name a result of this photo.`;
  throw new TaskError('incompatibleParameters', message, { parameter });
};

/** @throws TaskError when the former result has no mask */
export const requireMask = (parameter: string, mask: Raster | undefined): Raster => {
  if (mask) return mask;
  const message = `The image in '${parameter}' has no transparency, so it holds no mask: name a PNG or WEBP result.`;
  throw new TaskError('invalidInputImage', message, { parameter });
};

/** The most by which the ratios of the sides may differ. */
const TOLERANCE = 0.1;

/** Whether a hint has the shape of the photo, to the pixel of the smaller one. A hint of a few pixels must be near, too. */
const hasShape = (hint: Size, photo: Size): boolean => {
  const [across, down] = [hint.width * photo.height, hint.height * photo.width];
  const off = Math.abs(across - down);
  const isNear = off <= TOLERANCE * Math.max(across, down);
  return isNear && off < Math.max(hint.width, hint.height, photo.width, photo.height);
};

/** @throws TaskError when the hint has another shape than the photo */
export const requireHint = <T extends Size>(parameter: string, hint: T, photo: Size): T => {
  if (hasShape(hint, photo)) return hint;
  const message = `The image in '${parameter}' has ${sizeOf(hint)} pixels, which is not the shape of the photo, ${sizeOf(photo)}: draw it over the upright photo.`;
  throw new TaskError('incompatibleParameters', message, { parameter });
};
