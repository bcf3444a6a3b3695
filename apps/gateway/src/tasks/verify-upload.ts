import { createBudget, verify, type ImageLimits, type ImageSize } from '#imaging';
import { token } from '#nest';

/** Decodes an image that is to be stored, to see whether it is whole. */
export type VerifyUpload = (bytes: Uint8Array, size: ImageSize) => Promise<void>;

export const VERIFY_UPLOAD = token<VerifyUpload>('verify upload');

/**
 * A progressive JPEG takes six bytes for each of its pixels while it is decoded. So no more pixels are decoded at
 * once than the largest image has, and uploads beyond wait in order of arrival.
 */
export const createVerifyUpload = (limits: ImageLimits, decode: typeof verify = verify): VerifyUpload => {
  const budget = createBudget(limits.maxPixels);
  return (bytes, { width, height }) => budget(width * height, () => decode(bytes, limits));
};
