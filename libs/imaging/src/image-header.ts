import type { ImageBytes } from '#contract';
import { createBudget } from './budget.js';
import { ImageError } from './image-error.js';
import { readHeader } from './open-image.js';

/** A longer header is read with the whole file. */
const MAX_HEAD_BYTES = 1024 * 1024;
/** What a decoder may look at behind the header. */
const SPARE_BYTES = 64 * 1024;

/** One at a time, so that many large files are not in memory at once. */
const turns = createBudget(1);

const readWhole = async (image: ImageBytes) => readHeader(image.whole ?? (await image.read(0, image.length)));

/**
 * Reads the header of an image that may lie in a file.
 *
 * @param headBytes where its pixels begin
 * @throws ImageError damaged
 */
export const readHeaderOf = async (image: ImageBytes, headBytes: number) => {
  const end = headBytes + SPARE_BYTES;
  if (image.whole || image.length <= MAX_HEAD_BYTES) return readWhole(image);
  if (end <= MAX_HEAD_BYTES) {
    try {
      return await readHeader(await image.read(0, end));
    } catch (error) {
      // Only the whole file tells whether it is damaged.
      if (!(error instanceof ImageError)) throw error;
    }
  }
  return turns(1, () => readWhole(image));
};
