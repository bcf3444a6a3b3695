import { reasonOf } from '#errors';
import { sniffFormat } from './formats.js';
import { ImageError } from './image-error.js';
import type { ImageLimits } from './image-size.js';
import { tidyJpeg } from './jpeg.js';
import { sharp } from './sharp.js';
import { inTurn } from './threads.js';

export type Image = ReturnType<typeof sharp>;

/** `warning` fails on every oddity of a file, `error` only where libvips cannot decode to the end. */
type FailOn = 'warning' | 'error';

const open = (bytes: Uint8Array, failOn: FailOn, limitInputPixels: number | false): Image =>
  sharp(bytes, { failOn, limitInputPixels, pages: 1 });

/** The error of libjpeg for a side that is too long. */
const JPEG_LIMIT = /maximum supported image dimension is (\d+)/i;

/** libjpeg's warnings of pixels that it made up. All others are about headers, profiles or unused bytes. */
const LOSS = /premature end|bad (Huffman|arithmetic) code|found marker|Inconsistent progression/i;

const tooLarge = (subject: string, what: string, max: number, cause: unknown) =>
  new ImageError('tooLarge', subject, `${what} more than ${max} pixels`, { max }, { cause });

const OUT_OF_MEMORY = /out of memory|insufficient memory|enough memory|allocation failed/i;

/** Whether memory for an image was refused, by libvips, by a decoder or by V8. */
export const isOutOfMemory = (error: unknown): boolean => OUT_OF_MEMORY.test(reasonOf(error));

/** Translates an error of libvips. A want of memory is no fault of the image. */
const translate = (cause: unknown, maxPixels?: number): unknown => {
  if (isOutOfMemory(cause)) return cause;
  const reason = reasonOf(cause);
  if (maxPixels !== undefined && /pixel limit|too large|exceeds/i.test(reason)) {
    return tooLarge('The image', 'has', maxPixels, cause);
  }
  const longest = JPEG_LIMIT.exec(reason)?.[1];
  if (longest) return tooLarge('The JPEG', 'has a side of', Number(longest), cause);
  return new ImageError('damaged', 'The image', 'is damaged and cannot be read to its end', {}, { cause });
};

/** Reads the header, however odd it is. The size is not limited, since libvips does not say how large an image is. */
export const readHeader = async (bytes: Uint8Array) => {
  try {
    return await open(bytes, 'error', false).metadata();
  } catch (cause) {
    throw translate(cause);
  }
};

type Attempt<T> = (bytes: Uint8Array, failOn: FailOn) => Promise<T>;

/**
 * Decodes a file that has oddities if all of its pixels are there. A JPEG is cleared of those that are known, since
 * libjpeg reports its first warning only and a loss may come after it.
 */
const readOdd = async <T>(bytes: Uint8Array, attempt: Attempt<T>): Promise<T> => {
  const tidied = sniffFormat(bytes) === 'JPG' ? tidyJpeg(bytes) : bytes;
  try {
    return await attempt(tidied, 'warning');
  } catch (cause) {
    if (LOSS.test(reasonOf(cause))) throw cause;
    return attempt(tidied, 'error');
  }
};

/**
 * Decodes an image strictly, and if that fails, again with what is known of odd files.
 *
 * @throws ImageError tooLarge or damaged
 */
export const readPixels = async <T>(
  bytes: Uint8Array,
  { maxPixels }: Pick<ImageLimits, 'maxPixels'>,
  read: (image: Image) => Promise<T>,
): Promise<T> => {
  const attempt: Attempt<T> = (file, failOn) => inTurn(() => read(open(file, failOn, maxPixels)));
  try {
    return await attempt(bytes, 'warning').catch(() => readOdd(bytes, attempt));
  } catch (cause) {
    throw translate(cause, maxPixels);
  }
};
