import { type Raster, requireChannels, requireRaster } from './raster.js';

/** Red, green and blue are bytes. Alpha is a share up to 1, and a byte above 1. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

const precisionBits = 7;
const over255 = (value: number): number => ((value >> 8) + value) >> 8;
const half = 0x80 << precisionBits;

const toByte = (alpha: number): number => Math.round(alpha > 1 ? alpha : alpha * 255);

const requireColour = ([red, green, blue, alpha]: Rgba): void => {
  const isByte = (value: number) => Number.isInteger(value) && value >= 0 && value <= 255;
  if ([red, green, blue].every(isByte) && alpha >= 0 && alpha <= 255) return;
  throw new RangeError(`${red}, ${green}, ${blue}, ${alpha} is not a colour`);
};

/**
 * The cutout over a plain colour. Invisible pixels of the cutout take the colour with its opacity.
 *
 * Source: `Image.alpha_composite` of Pillow, to the bit, which rembg's `bgcolor` uses.
 *
 * @param cut RGBA, straight
 * @throws RangeError when the cutout is not RGBA that fills its geometry, or a part of the colour is out of range
 */
export const withBackdrop = (cut: Raster, colour: Rgba): Raster => {
  requireRaster(cut);
  requireChannels(cut, [4]);
  requireColour(colour);

  const [red, green, blue] = colour;
  const under = toByte(colour[3]);
  const { data: from, width, height } = cut;
  const data = new Uint8Array(from.length);
  for (let i = 0; i < from.length; i += 4) {
    const alpha = from[i + 3]!;
    if (alpha === 0) {
      data[i] = red;
      data[i + 1] = green;
      data[i + 2] = blue;
      data[i + 3] = under;
      continue;
    }
    const total = alpha * 255 + under * (255 - alpha);
    const mine = Math.trunc((alpha * 255 * 255 * 2 ** precisionBits) / total);
    const rest = 255 * 2 ** precisionBits - mine;
    data[i] = over255(from[i]! * mine + red * rest + half) >> precisionBits;
    data[i + 1] = over255(from[i + 1]! * mine + green * rest + half) >> precisionBits;
    data[i + 2] = over255(from[i + 2]! * mine + blue * rest + half) >> precisionBits;
    data[i + 3] = over255(total + 0x80);
  }
  return { data, width, height, channels: 4 };
};

/**
 * The cutout on an opaque colour, RGB, for formats without transparency.
 *
 * @param colour white by default; its alpha is ignored
 * @throws RangeError as `withBackdrop` does
 */
export const flatten = (cut: Raster, colour: Rgba = [255, 255, 255, 1]): Raster => {
  const [red, green, blue] = colour;
  const { data: from, width, height } = withBackdrop(cut, [red, green, blue, 1]);
  const data = new Uint8Array(width * height * 3);
  for (let to = 0, at = 0; to < data.length; to += 3, at += 4) {
    data[to] = from[at]!;
    data[to + 1] = from[at + 1]!;
    data[to + 2] = from[at + 2]!;
  }
  return { data, width, height, channels: 3 };
};
