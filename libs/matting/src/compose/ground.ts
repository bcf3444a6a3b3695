import type { Raster } from '../raster.js';
import { blur } from './blur.js';
import { draw, type Colour } from './draw.js';
import { crop, scaled } from './place.js';

/** What is behind the subject. Rasters are RGB or RGBA. */
export type Ground =
  | { readonly kind: 'none' }
  | { readonly kind: 'colour'; readonly colour: Colour }
  | { readonly kind: 'gradient'; readonly from: Colour; readonly to: Colour; readonly angle: number }
  | {
      readonly kind: 'image';
      readonly raster: Raster;
      readonly fit: 'cover' | 'contain';
      readonly colour: Colour | null;
    }
  | { readonly kind: 'photo'; readonly raster: Raster; readonly blur: number };

type Size = { readonly width: number; readonly height: number };

const plain = ({ width, height }: Size, colour: Colour): Raster => {
  const data = new Uint8Array(width * height * 4);
  new Uint32Array(data.buffer).fill(new Uint32Array(Uint8Array.from(colour).buffer)[0]!);
  return { data, width, height, channels: 4 };
};

/** As `linear-gradient` of CSS: the line goes through the middle and just reaches the corners. */
const gradient = (size: Size, from: Colour, to: Colour, angle: number): Raster => {
  const canvas = plain(size, [0, 0, 0, 0]);
  const { width, height } = size;
  const radians = (angle * Math.PI) / 180;
  const [across, down] = [Math.sin(radians), -Math.cos(radians)];
  const length = Math.abs(width * across) + Math.abs(height * down);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) {
      const way = ((x + 0.5 - width / 2) * across + (y + 0.5 - height / 2) * down) / length + 0.5;
      for (let c = 0; c < 4; c++) canvas.data[at + c] = Math.round(from[c]! + (to[c]! - from[c]!) * way);
    }
  return canvas;
};

/** The middle of a picture in the shape of the canvas, at its size. */
const cover = (raster: Raster, { width, height }: Size): Raster => {
  const wide = Math.min(raster.width, Math.max(1, Math.round((raster.height * width) / height)));
  const high = Math.min(raster.height, Math.max(1, Math.round((raster.width * height) / width)));
  const x = Math.floor((raster.width - wide) / 2);
  const y = Math.floor((raster.height - high) / 2);
  return scaled(crop(raster, { x, y, width: wide, height: high }), width, height);
};

/** All of a picture, as large as the canvas allows. */
const contain = (raster: Raster, { width, height }: Size): Raster => {
  const scale = Math.min(width / raster.width, height / raster.height);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return scaled(raster, side(raster.width), side(raster.height));
};

const picture = (size: Size, ground: Extract<Ground, { readonly kind: 'image' }>): Raster => {
  const canvas = plain(size, ground.colour ?? [0, 0, 0, 0]);
  const raster = (ground.fit === 'cover' ? cover : contain)(ground.raster, size);
  const x = Math.floor((size.width - raster.width) / 2);
  const y = Math.floor((size.height - raster.height) / 2);
  draw(canvas, { raster, x, y });
  return canvas;
};

/** A canvas with its ground, RGBA. */
export const groundOf = (size: Size, ground: Ground): Raster => {
  if (ground.kind === 'none') return plain(size, [0, 0, 0, 0]);
  if (ground.kind === 'colour') return plain(size, ground.colour);
  if (ground.kind === 'gradient') return gradient(size, ground.from, ground.to, ground.angle);
  if (ground.kind === 'image') return picture(size, ground);
  const canvas = plain(size, [0, 0, 0, 255]);
  draw(canvas, { raster: blur(cover(ground.raster, size), ground.blur), x: 0, y: 0 });
  return canvas;
};
