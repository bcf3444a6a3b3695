import { formats, type Format } from './formats.js';
import { withoutDensity } from './png.js';
import { sharp } from './sharp.js';
import { inTurn } from './threads.js';

/** Interleaved 8-bit samples: a mask, RGB, or RGBA with straight alpha. */
export type Pixels = {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
};

export type Encoding = {
  readonly format: Format;
  /** 20–99, for JPG and WEBP. */
  readonly quality: number;
  /** Pixels per inch; none is written without it. */
  readonly density?: number | undefined;
  /** How hard WEBP is compressed, 0–6. */
  readonly effort?: number | undefined;
};

type Pipeline = ReturnType<typeof sharp>;

// Workers write their PNGs by a kernel of their own (see `wrapPng`); this way serves samples and tests. Higher levels and
// adaptive filters cost several times more and hardly shrink a cutout whose transparent pixels are zero.
const encoders: Record<Format, (image: Pipeline, encoding: Encoding) => Pipeline> = {
  PNG: (image) => image.png({ compressionLevel: 3, adaptiveFiltering: false }),
  JPG: (image, { quality }) =>
    image
      .flatten({ background: '#ffffff' })
      .jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' }),
  WEBP: (image, { quality, effort = 2 }) => image.webp({ quality, alphaQuality: 100, effort }),
};

/** Encodes a result. PNG and WEBP keep the alpha; JPG is flattened on white. PNG and JPG masks stay one channel. */
export const encode = async (image: Pixels, encoding: Encoding): Promise<Buffer> => {
  const { format, density } = encoding;
  const { data, width, height, channels } = image;
  const open = sharp(data, { raw: { width, height, channels } });
  const pixels = channels === 1 ? open.toColourspace('b-w') : open;
  const encoder = encoders[format](pixels, encoding);
  if (density !== undefined) return inTurn(() => encoder.withDensity(density).toBuffer());
  const encoded = await inTurn(() => encoder.toBuffer());
  return format === 'PNG' ? withoutDensity(encoded) : encoded;
};

export const contentTypeOf = (format: Format): string => formats[format].contentType;
export const extensionOf = (format: Format): string => formats[format].extension;
