import { type Alpha, requireSameSize } from './alpha.js';
import { type Colours, estimateLayers } from './foreground/estimate.js';
import { type Layer, toLayers, visibility } from './foreground/layers.js';
import { paintFromSmaller } from './foreground/paint-from-smaller.js';
import { type Address, type MattingKernel, withKernel } from './matting-kernel.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';
import { eachStretch } from './stretches.js';

/** Of working memory, usually. */
const bytesPerPixel = 10;

export type ForegroundOptions = {
  /** With more mixed pixels and neighbours of those, colours are estimated at a smaller size. */
  readonly mostMixed?: number;
};

/** Takes about 400 MB of working memory. */
const mostMixedByDefault = 4_000_000;

/** The photo's own colour for solid pixels, black for others. */
const paintSolid = ({ data: from, channels }: Raster, kinds: Uint8Array): Uint8Array => {
  const data = new Uint8Array(kinds.length * 3);
  eachStretch(kinds, visibility.solid, (first, end) => {
    if (channels === 3) data.set(from.subarray(first * 3, end * 3), first * 3);
    else copyColours(data, from, first, end);
  });
  return data;
};

/** Copies red, green and blue of pixels with four channels. */
const copyColours = (to: Uint8Array, from: Uint8Array, first: number, end: number): void => {
  for (let i = first; i < end; i++) {
    to[i * 3] = from[i * 4]!;
    to[i * 3 + 1] = from[i * 4 + 1]!;
    to[i * 3 + 2] = from[i * 4 + 2]!;
  }
};

const paintMixed = (data: Uint8Array, kinds: Uint8Array, pixels: Int32Array, fore: Float32Array): void => {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i]!;
    if (kinds[pixel] !== visibility.mixed) continue;
    for (let c = 0; c < 3; c++) data[pixel * 3 + c] = fore[i * 4 + c]! * 255 + 0.5;
  }
};

/** The photo's own colour for solid pixels, the estimate for mixed ones, black for invisible ones. */
const paint = (
  kernel: MattingKernel,
  photo: Raster,
  alpha: Alpha,
  { finest, kinds: at }: { readonly finest: Layer; readonly kinds: Address },
  colours: Colours,
): Uint8Array => {
  const kinds = kernel.bytes(at, alpha.data.length);
  const data = paintSolid(photo, kinds);
  const pixels = kernel.ints(finest.pixels, finest.count);
  const fore = kernel.floats(colours.fore, finest.count * 4);
  const isFull = finest.width === photo.width && finest.height === photo.height;
  if (isFull) paintMixed(data, kinds, pixels, fore);
  else {
    const back = kernel.floats(colours.back, finest.count * 4);
    paintFromSmaller(data, photo, alpha, kinds, { size: finest, pixels, fore, back });
  }
  return data;
};

/**
 * The colours of the subject without the background that shines through at its edge. They are estimated from a picture
 * of one pixel up to the photo's size, each time from the estimate at the size before. At large sizes only mixed pixels
 * are estimated; solid ones keep the photo's colour and invisible ones are black.
 *
 * Source: Germer, Uelwer, Conrad and Harmeling, Fast multi-level foreground estimation, 2020; parameters of pymatting's
 * `estimate_foreground_ml`. The result is within about a level of eight bits of pymatting's, weighted by alpha.
 *
 * @param photo RGB or RGBA; its own alpha is ignored
 * @returns RGB
 * @throws RangeError when sizes or channels do not fit, or data do not fill their geometry
 */
export const estimateForeground = (
  photo: Raster,
  alpha: Alpha,
  { mostMixed = mostMixedByDefault }: ForegroundOptions = {},
): Raster => {
  requireRaster(photo);
  requireChannels(photo, [3, 4]);
  requireSameSize('an alpha', alpha, photo);

  const { width, height } = photo;
  return withKernel(width * height, width * height * bytesPerPixel, (kernel) => {
    const { layers, kinds } = toLayers(kernel, alpha, mostMixed);
    const colours = estimateLayers(kernel, layers, photo, alpha);
    const data = paint(kernel, photo, alpha, { finest: layers.at(-1)!, kinds }, colours);
    return { data, width, height, channels: 3 };
  });
};
