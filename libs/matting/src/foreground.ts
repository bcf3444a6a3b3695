import { type Alpha, requireSameSize } from './alpha.js';
import { isMixed, type Layer, parentsOf, toLayers } from './foreground/layers.js';
import { paintFromSmaller } from './foreground/paint-from-smaller.js';
import { MattingKernel } from './matting-kernel.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';

export type ForegroundOptions = {
  /** With more mixed pixels and neighbours of those, colours are estimated at a smaller size. */
  readonly mostMixed?: number;
};

/** Takes about 800 MB of working memory. */
const mostMixedByDefault = 4_000_000;

/** `many` sweeps over pictures of up to `small` pixels a side, else `few`; pymatting's defaults. */
const sweeps = { small: 32, few: 2, many: 10 };

type Colours = { readonly fore: Float32Array; readonly back: Float32Array };

/** A mean samples about as many pixels, evenly spread, as it is only a first guess. */
const enoughForMean = 2 ** 18;

/** The mean colour of the pixels with alpha between `low` and `high`, as four floats; black for none. */
const meanColour = (
  { data, channels }: Raster,
  alpha: Float32Array,
  low: number,
  high: number,
): Float32Array => {
  let [red, green, blue, count] = [0, 0, 0, 0];
  const step = Math.ceil(alpha.length / enoughForMean);
  for (let i = 0; i < alpha.length; i += step) {
    const share = alpha[i]!;
    const at = i * channels;
    if (share <= low || share >= high) continue;
    red += data[at]!;
    green += data[at + 1]!;
    blue += data[at + 2]!;
    count++;
  }
  const scale = 1 / (255 * (count + 1e-5));
  return Float32Array.of(red * scale, green * scale, blue * scale, 0);
};

/** The colours of a layer's pixels as estimated at the size before. */
const inherit = (layer: Layer, parent: Layer, { fore, back }: Colours): Colours => {
  const count = layer.pixels.length * 4;
  const inherited = { fore: new Float32Array(count), back: new Float32Array(count) };
  const parents = parentsOf(layer, parent);
  for (let i = 0, to = 0; i < parents.length; i++) {
    const from = parent.numberOf[parents[i]!]! * 4;
    for (let c = 0; c < 4; c++, to++) {
      inherited.fore[to] = fore[from + c]!;
      inherited.back[to] = back[from + c]!;
    }
  }
  return inherited;
};

/** Left, right, above and below; a missing neighbour is the pixel itself. */
const neighboursOf = ({ pixels, numberOf, width, height }: Layer): Int32Array => {
  const around = new Int32Array(pixels.length * 4);
  for (let i = 0; i < pixels.length; i++) {
    const at = pixels[i]!;
    const x = at % width;
    const left = x > 0 ? numberOf[at - 1]! : -1;
    const right = x < width - 1 ? numberOf[at + 1]! : -1;
    const above = at >= width ? numberOf[at - width]! : -1;
    const below = at < width * (height - 1) ? numberOf[at + width]! : -1;
    around[i * 4] = left < 0 ? i : left;
    around[i * 4 + 1] = right < 0 ? i : right;
    around[i * 4 + 2] = above < 0 ? i : above;
    around[i * 4 + 3] = below < 0 ? i : below;
  }
  return around;
};

const relax = (
  kernel: MattingKernel,
  layer: Layer,
  photo: Raster,
  alpha: Alpha,
  inherited: Colours,
): Colours => {
  const { pixels, width, height } = layer;
  const shares = new Float32Array(pixels.length);
  const colours = new Float32Array(pixels.length * 4);
  const sources = parentsOf(layer, photo);
  for (let i = 0; i < sources.length; i++) {
    const from = sources[i]! * photo.channels;
    shares[i] = alpha.data[sources[i]!]!;
    colours[i * 4] = photo.data[from]! / 255;
    colours[i * 4 + 1] = photo.data[from + 1]! / 255;
    colours[i * 4 + 2] = photo.data[from + 2]! / 255;
  }

  const around = kernel.copyIn(neighboursOf(layer));
  const alphas = kernel.copyIn(shares);
  const photoAt = kernel.copyIn(colours);
  const fore = kernel.copyIn(inherited.fore);
  const back = kernel.copyIn(inherited.back);
  const count = width <= sweeps.small && height <= sweeps.small ? sweeps.many : sweeps.few;
  kernel.run.relax(pixels.length, count, around, alphas, photoAt, fore, back);
  return { fore: kernel.floats(fore, pixels.length * 4), back: kernel.floats(back, pixels.length * 4) };
};

/** The photo's own colour for solid pixels, black for others. */
const paintSolid = ({ data: from, channels }: Raster, alpha: Float32Array): Uint8Array => {
  const data = new Uint8Array(alpha.length * 3);
  for (let i = 0, at = 0; i < alpha.length; i++, at += channels) {
    if (alpha[i]! < 254.5 / 255) continue;
    data[i * 3] = from[at]!;
    data[i * 3 + 1] = from[at + 1]!;
    data[i * 3 + 2] = from[at + 2]!;
  }
  return data;
};

const paintMixed = (data: Uint8Array, alpha: Float32Array, { pixels }: Layer, fore: Float32Array): void => {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i]!;
    if (!isMixed(alpha[pixel]!)) continue;
    for (let c = 0; c < 3; c++) data[pixel * 3 + c] = fore[i * 4 + c]! * 255 + 0.5;
  }
};

/** The photo's own colour for solid pixels, the estimate for mixed ones, black for invisible ones. */
const paint = (photo: Raster, alpha: Alpha, finest: Layer, colours: Colours): Uint8Array => {
  const data = paintSolid(photo, alpha.data);
  const isFull = finest.width === photo.width && finest.height === photo.height;
  if (isFull) paintMixed(data, alpha.data, finest, colours.fore);
  else paintFromSmaller(data, photo, alpha, { ...colours, layer: finest });
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

  const layers = toLayers(alpha, mostMixed);
  let colours: Colours = {
    fore: meanColour(photo, alpha.data, 0.9, Infinity),
    back: meanColour(photo, alpha.data, -Infinity, 0.1),
  };
  const kernel = new MattingKernel();
  layers.forEach((layer, level) => {
    const inherited = level === 0 ? colours : inherit(layer, layers[level - 1]!, colours);
    colours = relax(kernel, layer, photo, alpha, inherited);
  });

  const { width, height } = photo;
  const data = paint(photo, alpha, layers.at(-1)!, colours);
  return { data, width, height, channels: 3 };
};
