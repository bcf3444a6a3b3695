import { formats, type Format } from './formats.js';
import { sharp } from './sharp.js';

/** Interleaved 8-bit RGBA, straight alpha. */
export type Rgba = { readonly data: Uint8Array; readonly width: number; readonly height: number };

export type Encoding = { readonly format: Format; /** 20–99, for JPG and WEBP. */ readonly quality: number };

type Pipeline = ReturnType<typeof sharp>;

// Levels beyond 3 and adaptive filters cost several times more and hardly shrink a cutout whose hidden
// pixels are zero.
const encoders: Record<Format, (image: Pipeline, quality: number) => Pipeline> = {
  PNG: (image) => image.png({ compressionLevel: 3, adaptiveFiltering: false }),
  JPG: (image, quality) =>
    image
      .flatten({ background: '#ffffff' })
      .jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' }),
  WEBP: (image, quality) => image.webp({ quality, alphaQuality: 100, effort: 2 }),
};

/** Encodes a cutout. PNG and WEBP keep the alpha; JPG is flattened on white. */
export const encode = (image: Rgba, { format, quality }: Encoding): Promise<Buffer> => {
  const { data, width, height } = image;
  return encoders[format](sharp(data, { raw: { width, height, channels: 4 } }), quality).toBuffer();
};

export const contentTypeOf = (format: Format): string => formats[format].contentType;
export const extensionOf = (format: Format): string => formats[format].extension;
