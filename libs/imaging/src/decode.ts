import { asImageBytes, type ImageBytes } from '#contract';
import { densityOf } from './density.js';
import { formats, sniffFormat, type Format } from './formats.js';
import { ImageError } from './image-error.js';
import { requireImageSize, type ImageLimits } from './image-size.js';
import { outlineOf } from './jpeg.js';
import { nameFormat, NAME_BYTES } from './name-format.js';
import { readHeader, readPixels } from './open-image.js';
import { hasPngEnd, headBytesOfPng, isAnimatedPng } from './png.js';
import { readHeaderOf } from './image-header.js';

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

/** A photo whose pixels cannot be transferred to another thread. */
export type Decoded = Omit<Photo, 'data'> & { readonly data: Uint8Array };

const unsupported = async (head: Buffer): Promise<ImageError> => {
  const taken = 'PNG, JPEG or WEBP';
  const name = head.length > 0 && (await nameFormat(head));
  const what =
    head.length === 0 ? 'is empty' : name ? `is of type ${name}, not ${taken}` : `is not a ${taken}`;
  return new ImageError('unsupportedFormat', 'The image', what);
};

/** @throws ImageError unsupportedFormat */
const requireFormat = async (image: ImageBytes): Promise<Format> => {
  const head = await image.read(0, NAME_BYTES);
  const format = sniffFormat(head);
  if (!format) throw await unsupported(head);
  return format;
};

/** Where the pixels of a format begin. A WEBP is read as a whole. */
const headBytesOf: Readonly<Record<Format, (image: ImageBytes) => Promise<number>>> = {
  PNG: headBytesOfPng,
  JPG: async (image) => (await outlineOf(image)).headBytes,
  WEBP: async ({ length }) => length,
};

/**
 * Reads the header only.
 *
 * @throws ImageError unsupportedFormat, tooManyScans, tooLarge or damaged
 */
export const probe = async (sent: Uint8Array | ImageBytes, limits: ImageLimits): Promise<Probe> => {
  const image = asImageBytes(sent);
  const format = await requireFormat(image);
  const headBytes = await headBytesOf[format](image);
  const { width, height } = await readHeaderOf(image, headBytes);
  requireImageSize({ width, height }, limits);
  return { format, ...formats[format], width, height };
};

/** A WEBP states its length behind `RIFF`. */
const hasWebpEnd = async (image: ImageBytes): Promise<boolean> =>
  image.length >= 12 && 8 + (await image.read(4, 8)).readUInt32LE() <= image.length;

const hasEnd: Readonly<Record<Format, (image: ImageBytes) => Promise<boolean>>> = {
  PNG: hasPngEnd,
  JPG: async (image) => (await outlineOf(image)).hasEnd,
  WEBP: hasWebpEnd,
};

/**
 * Checks that a file goes on to its end, without decoding it. Damage inside is left to `decode`.
 *
 * @throws ImageError unsupportedFormat, tooManyScans or damaged
 */
export const requireEnd = async (sent: Uint8Array | ImageBytes): Promise<void> => {
  const image = asImageBytes(sent);
  const format = await requireFormat(image);
  if (!(await hasEnd[format](image))) throw new ImageError('damaged', 'The image', 'ends early');
};

/**
 * As `decode`, but the pixels are in memory of libvips, which Node 22 and later refuse to transfer.
 */
export const decodePixels = async (
  bytes: Uint8Array,
  limits: Pick<ImageLimits, 'maxPixels'>,
): Promise<Decoded> => {
  const format = await requireFormat(asImageBytes(bytes));
  if (format === 'JPG') await outlineOf(asImageBytes(bytes));
  const header = await readHeader(bytes);
  const { data, info } = await readPixels(bytes, limits, (image) =>
    // sharp's toUint8Array() never frees the memory from which it copies the pixels.
    image.autoOrient().toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }),
  );
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4)
    throw new ImageError('damaged', 'The image', `decodes to ${channels} channels`);
  const density = densityOf(format, bytes, header);
  const isAnimated = (header.pages ?? 1) > 1 || (format === 'PNG' && isAnimatedPng(bytes));
  return { data, width, height, channels, density, isAnimated };
};

/**
 * Decodes an image: EXIF orientation applied, embedded ICC profile converted to sRGB, first page only.
 *
 * @throws ImageError tooLarge or damaged
 */
export const decode = async (bytes: Uint8Array, limits: Pick<ImageLimits, 'maxPixels'>): Promise<Photo> => {
  const decoded = await decodePixels(bytes, limits);
  return { ...decoded, data: new Uint8Array(decoded.data) };
};
