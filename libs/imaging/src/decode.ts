import { densityOf } from './density.js';
import { formats, sniffFormat, type Format } from './formats.js';
import { ImageError } from './image-error.js';
import { requireImageSize, type ImageLimits } from './image-size.js';
import { requireFewScans } from './jpeg.js';
import { nameFormat } from './name-format.js';
import { readHeader, readPixels } from './open-image.js';
import { isAnimatedPng } from './png.js';

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
  /** Pixels per inch, if the file states them. */
  readonly density?: number | undefined;
  /** The file has more frames than this one. */
  readonly isAnimated?: boolean;
};

const unsupported = async (bytes: Uint8Array): Promise<ImageError> => {
  const taken = 'PNG, JPEG or WEBP';
  const name = bytes.length > 0 && (await nameFormat(bytes));
  const what =
    bytes.length === 0 ? 'is empty' : name ? `is of type ${name}, not ${taken}` : `is not a ${taken}`;
  return new ImageError('unsupportedFormat', 'The image', what);
};

/** @throws ImageError unsupportedFormat, or tooManyScans */
const requireFormat = async (bytes: Uint8Array): Promise<Format> => {
  const format = sniffFormat(bytes);
  if (!format) throw await unsupported(bytes);
  if (format === 'JPG') requireFewScans(bytes);
  return format;
};

/**
 * Reads the header only.
 *
 * @throws ImageError unsupportedFormat, tooManyScans, tooLarge or damaged
 */
export const probe = async (bytes: Uint8Array, limits: ImageLimits): Promise<Probe> => {
  const format = await requireFormat(bytes);
  const { width, height } = await readHeader(bytes);
  requireImageSize({ width, height }, limits);
  return { format, ...formats[format], width, height };
};

/**
 * Reads every row and keeps little of it, so that a damaged file is refused before it is stored.
 *
 * @throws ImageError tooLarge or damaged
 */
export const verify = async (bytes: Uint8Array, limits: Pick<ImageLimits, 'maxPixels'>): Promise<void> => {
  const { height } = await readHeader(bytes);
  // Fewer rows would leave the last of the file unread.
  await readPixels(bytes, limits, (image) =>
    image.resize(1, height, { fit: 'fill', kernel: 'nearest', fastShrinkOnLoad: false }).raw().toBuffer(),
  );
};

/**
 * Decodes an image: EXIF orientation applied, embedded ICC profile converted to sRGB, first page only.
 *
 * @throws ImageError tooLarge or damaged
 */
export const decode = async (bytes: Uint8Array, limits: Pick<ImageLimits, 'maxPixels'>): Promise<Photo> => {
  const format = await requireFormat(bytes);
  const header = await readHeader(bytes);
  const { data, info } = await readPixels(bytes, limits, (image) =>
    // toBuffer() gives external memory, which Node 22 and later refuse to transfer.
    image.autoOrient().toColourspace('srgb').raw({ depth: 'uchar' }).toUint8Array(),
  );
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4)
    throw new ImageError('damaged', 'The image', `decodes to ${channels} channels`);
  const density = densityOf(format, bytes, header);
  const isAnimated = (header.pages ?? 1) > 1 || (format === 'PNG' && isAnimatedPng(bytes));
  return { data: data as Photo['data'], width, height, channels, density, isAnimated };
};
