import { MAX_IMAGE_PIXELS } from '#contract';
import { reasonOf } from '#errors';
import { formats, sniffFormat, type Format } from './formats.js';
import { ImageError } from './image-error.js';
import { requireImageSize } from './image-size.js';
import { sharp } from './sharp.js';

/** The facts in the header of an image. */
export type Probe = {
  readonly format: Format;
  readonly contentType: string;
  readonly extension: string;
  /** Pixels, before the EXIF orientation is applied. */
  readonly width: number;
  readonly height: number;
};

/** Interleaved 8-bit sRGB pixels, row by row, upright. 3 channels, or 4 when the image has alpha. */
export type Photo = {
  /** The only view of its buffer, so that the buffer can be transferred to another thread. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
};

const open = (bytes: Uint8Array, limitInputPixels: number | false = MAX_IMAGE_PIXELS) =>
  sharp(bytes, { failOn: 'warning', limitInputPixels, pages: 1 });

/** The error of libjpeg for a side that is too long. */
const JPEG_LIMIT = /maximum supported image dimension is (\d+)/i;

const unsupported = (options?: ErrorOptions) =>
  new ImageError('unsupportedFormat', 'The image', 'is not a PNG, JPEG or WEBP', {}, options);

const tooLarge = (subject: string, what: string, max: number, cause: unknown) =>
  new ImageError('tooLarge', subject, `${what} more than ${max} pixels`, { max }, { cause });

/** Translates an error of libvips. */
const translate = (cause: unknown): ImageError => {
  const [reason = ''] = reasonOf(cause).split('\n');
  if (/pixel limit|too large|exceeds/i.test(reason)) {
    return tooLarge('The image', 'has', MAX_IMAGE_PIXELS, cause);
  }
  const longest = JPEG_LIMIT.exec(reason)?.[1];
  if (longest) return tooLarge('The JPEG', 'has a side of', Number(longest), cause);
  if (/unsupported image format/i.test(reason)) return unsupported({ cause });
  return new ImageError('damaged', 'The image', `is damaged: ${reason}`, {}, { cause });
};

const readHeader = async (bytes: Uint8Array) => {
  try {
    // No limit here: the error of libvips would not say how large the image is.
    return await open(bytes, false).metadata();
  } catch (cause) {
    throw translate(cause);
  }
};

/**
 * Reads the header only.
 *
 * @param maxSide the longest side that is taken, in pixels
 * @throws ImageError unsupportedFormat, tooLarge or damaged
 */
export const probe = async (bytes: Uint8Array, maxSide: number): Promise<Probe> => {
  const format = sniffFormat(bytes);
  if (!format) throw unsupported();
  const { width, height } = await readHeader(bytes);
  requireImageSize({ width, height }, maxSide);
  return { format, ...formats[format], width, height };
};

/**
 * Decodes every pixel and keeps none, so that a damaged file is refused before it is stored.
 *
 * @throws ImageError tooLarge or damaged
 */
export const verify = async (bytes: Uint8Array): Promise<void> => {
  try {
    await open(bytes)
      .resize(16, 16, { fit: 'fill', kernel: 'nearest', fastShrinkOnLoad: false })
      .raw()
      .toBuffer();
  } catch (cause) {
    throw translate(cause);
  }
};

/**
 * Decodes an image: EXIF orientation applied, embedded ICC profile converted to sRGB, first page only.
 *
 * @throws ImageError tooLarge or damaged
 */
export const decode = async (bytes: Uint8Array): Promise<Photo> => {
  try {
    const { data, info } = await open(bytes)
      .autoOrient()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      // toBuffer() gives external memory, which Node 22 and later refuse to transfer.
      .toUint8Array();
    if (info.channels !== 3 && info.channels !== 4)
      throw new Error(`it decodes to ${info.channels} channels`);
    return { data: data as Photo['data'], width: info.width, height: info.height, channels: info.channels };
  } catch (cause) {
    throw translate(cause);
  }
};
