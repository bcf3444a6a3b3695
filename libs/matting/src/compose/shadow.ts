import { resizeLanczos } from '../resize.js';
import { blur } from './blur.js';
import { overlap, type Box } from './box.js';
import { maskOn } from './draw.js';
import { crop } from './place.js';

/** Lengths in pixels of the canvas. */
export type Shadow = {
  readonly type: 'drop' | 'contact';
  readonly offsetX: number;
  readonly offsetY: number;
  /** σ of a Gaussian. */
  readonly blur: number;
};

type Silhouette = {
  /** Alpha of the subject on the canvas. */
  readonly mask: Uint8Array;
  readonly canvas: { readonly width: number; readonly height: number };
  readonly box: Box;
};

/** The share of the subject's height that stands on the ground, and what is left of it when it lies there. */
const FOOT = 1 / 5;
const SQUASHED = 1 / 4;

/** The lowest part of the silhouette, lying across the line on which the subject stands. */
const foot = ({ mask, canvas, box }: Silhouette, { offsetX, offsetY }: Shadow): Uint8Array => {
  const height = Math.max(1, Math.round(box.height * FOOT));
  const bottom = box.y + box.height;
  const whole = { ...canvas, x: 0, y: 0 };
  const area = overlap({ ...box, y: bottom - height, height }, whole);
  if (!area) return new Uint8Array(mask.length);
  const standing = crop({ data: mask, ...canvas, channels: 1 }, area);
  const lying = Math.max(1, Math.round(area.height * SQUASHED));
  const raster = resizeLanczos(standing, area.width, lying);
  const y = Math.min(bottom, canvas.height) - Math.floor(lying / 2) + Math.round(offsetY);
  return maskOn(canvas, { raster, x: area.x + Math.round(offsetX), y });
};

/** The mask of a shadow on the canvas. */
export const castShadow = (silhouette: Silhouette, shadow: Shadow): Uint8Array => {
  const { mask, canvas } = silhouette;
  const [x, y] = [Math.round(shadow.offsetX), Math.round(shadow.offsetY)];
  const raster = { data: mask, ...canvas, channels: 1 } as const;
  const cast = shadow.type === 'contact' ? foot(silhouette, shadow) : maskOn(canvas, { raster, x, y });
  return blur({ data: cast, ...canvas, channels: 1 }, shadow.blur).data;
};
