import type { Raster } from '../raster.js';
import { overlap } from './box.js';
import type { Placed } from './place.js';

/** Red, green, blue and alpha, 0…255. */
export type Colour = readonly [red: number, green: number, blue: number, alpha: number];

/** Draws one straight RGBA pixel over another. */
const drawPixel = (to: Uint8Array, at: number, [red, green, blue, alpha]: Colour): void => {
  const under = to[at + 3]!;
  if (alpha === 0) return;
  if (alpha === 255 || under === 0) {
    to[at] = red;
    to[at + 1] = green;
    to[at + 2] = blue;
    to[at + 3] = alpha;
    return;
  }
  const rest = (under * (255 - alpha)) / 255;
  const total = alpha + rest;
  to[at] = Math.round((red * alpha + to[at]! * rest) / total);
  to[at + 1] = Math.round((green * alpha + to[at + 1]! * rest) / total);
  to[at + 2] = Math.round((blue * alpha + to[at + 2]! * rest) / total);
  to[at + 3] = Math.round(total);
};

/** Calls a step with both positions of each pixel that lies on the canvas. */
const eachPixel = (
  canvas: Raster,
  { raster, x, y }: Placed,
  step: (to: number, from: number) => void,
): void => {
  const { width, height } = raster;
  const shown = overlap({ x, y, width, height }, { ...canvas, x: 0, y: 0 });
  if (!shown) return;
  for (let row = shown.y; row < shown.y + shown.height; row++) {
    const from = (row - y) * width + shown.x - x;
    const to = row * canvas.width + shown.x;
    for (let i = 0; i < shown.width; i++) step(to + i, from + i);
  }
};

/** Draws an RGB or RGBA raster over the canvas, which is RGBA. */
export const draw = (canvas: Raster, placed: Placed): void => {
  const { data, channels } = placed.raster;
  const pixel: [number, number, number, number] = [0, 0, 0, 255];
  eachPixel(canvas, placed, (to, from) => {
    for (let c = 0; c < channels; c++) pixel[c] = data[from * channels + c]!;
    drawPixel(canvas.data, to * 4, pixel);
  });
};

/** Draws a colour over the canvas, as far as the mask shows it. */
export const drawColour = (canvas: Raster, mask: Uint8Array, [red, green, blue, alpha]: Colour): void => {
  const pixel: [number, number, number, number] = [red, green, blue, 0];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    pixel[3] = Math.round((mask[i]! * alpha) / 255);
    drawPixel(canvas.data, i * 4, pixel);
  }
};

/** The alpha of something on an empty canvas. */
export const maskOn = (
  { width, height }: { readonly width: number; readonly height: number },
  { raster, x, y }: Placed,
): Uint8Array => {
  const mask: Raster = { data: new Uint8Array(width * height), width, height, channels: 1 };
  const { data, channels } = raster;
  eachPixel(mask, { raster, x, y }, (to, from) => {
    mask.data[to] = data[from * channels + channels - 1]!;
  });
  return mask.data;
};
