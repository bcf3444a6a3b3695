import { requireChannels, requireRaster, type Raster } from '../raster.js';
import type { Box } from './box.js';
import { draw, drawColour, maskOn, type Colour } from './draw.js';
import { groundOf, type Ground } from './ground.js';
import { outlineOf } from './outline.js';
import { placeSubject, type Placed } from './place.js';
import { castShadow, type Shadow } from './shadow.js';

/** Lengths in pixels of the canvas. */
export type Scene = {
  readonly canvas: { readonly width: number; readonly height: number };
  /** The subject in the cutout, and where it comes to lie; null draws the ground alone. */
  readonly subject: { readonly source: Box; readonly target: Box } | null;
  readonly ground: Ground;
  readonly shadow: (Shadow & { readonly colour: Colour; readonly opacity: number }) | null;
  readonly outline: { readonly width: number; readonly colour: Colour } | null;
};

const fade = ([red, green, blue, alpha]: Colour, opacity: number): Colour => [
  red,
  green,
  blue,
  Math.round(alpha * opacity),
];

/** Shadow, outline and subject, in this order. */
const drawSubject = (canvas: Raster, placed: Placed, target: Box, { shadow, outline }: Scene): void => {
  const { width, height } = canvas;
  const mask = shadow || outline ? maskOn(canvas, placed) : undefined;
  if (mask && shadow) {
    const cast = castShadow({ mask, canvas: { width, height }, box: target }, shadow);
    drawColour(canvas, cast, fade(shadow.colour, shadow.opacity));
  }
  if (mask && outline) drawColour(canvas, outlineOf(mask, width, height, outline.width), outline.colour);
  draw(canvas, placed);
};

const isOpaque = ({ data }: Raster): boolean => {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
};

const withoutAlpha = ({ data: from, width, height }: Raster): Raster => {
  const data = new Uint8Array(width * height * 3);
  for (let to = 0, at = 0; to < data.length; to += 3, at += 4)
    for (let c = 0; c < 3; c++) data[to + c] = from[at + c]!;
  return { data, width, height, channels: 3 };
};

/**
 * Draws a cutout on a canvas. Of a mask it draws the mask alone, white on black.
 *
 * @param cut straight RGBA, or a mask of one channel
 * @returns RGB when every pixel is opaque, otherwise RGBA; one channel of a mask
 * @throws RangeError when the cutout is neither, or does not fill its geometry
 */
export const compose = (cut: Raster, scene: Scene): Raster => {
  requireRaster(cut);
  requireChannels(cut, [1, 4]);
  const { canvas: size, subject } = scene;
  const placed = subject && placeSubject(cut, { ...subject, canvas: size });
  if (cut.channels === 1) {
    const empty = new Uint8Array(size.width * size.height);
    return { data: placed ? maskOn(size, placed) : empty, ...size, channels: 1 };
  }
  const canvas = groundOf(size, scene.ground);
  if (placed) drawSubject(canvas, placed, subject.target, scene);
  return isOpaque(canvas) ? withoutAlpha(canvas) : canvas;
};
