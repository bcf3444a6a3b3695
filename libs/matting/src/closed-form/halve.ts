import type { Raster } from '../raster.js';
import { kind } from './system.js';

const halfOf = (pixels: number): number => Math.ceil(pixels / 2);

/** The photo at half its size: each pixel the mean of four, RGB. */
export const halvePhoto = ({ data, width, height, channels }: Raster): Raster => {
  const half = { width: halfOf(width), height: halfOf(height), channels: 3 as const };
  const to = new Uint8Array(half.width * half.height * 3);
  for (let y = 0, at = 0; y < half.height; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < half.width; x++) {
      const left = 2 * x;
      const right = Math.min(left + 1, width - 1);
      for (let c = 0; c < 3; c++, at++) {
        const above = data[(upper + left) * channels + c]! + data[(upper + right) * channels + c]!;
        const below = data[(lower + left) * channels + c]! + data[(lower + right) * channels + c]!;
        to[at] = (above + below + 2) >> 2;
      }
    }
  }
  return { ...half, data: to };
};

/** Alpha at half the size: each pixel the mean of four. */
export const halveAlpha = (alpha: Float32Array, width: number, height: number): Float32Array => {
  const halfWidth = halfOf(width);
  const to = new Float32Array(halfWidth * halfOf(height));
  for (let i = 0; i < to.length; i++) {
    const left = 2 * (i % halfWidth);
    const right = Math.min(left + 1, width - 1);
    const upper = 2 * Math.floor(i / halfWidth) * width;
    const lower = Math.min(upper + width, (height - 1) * width);
    to[i] = (alpha[upper + left]! + alpha[upper + right]! + alpha[lower + left]! + alpha[lower + right]!) / 4;
  }
  return to;
};

/** A pixel at half the size is known when its four are known and agree. */
export const halveKinds = (sorted: Uint8Array, width: number, height: number): Uint8Array => {
  const halfWidth = halfOf(width);
  const to = new Uint8Array(halfWidth * halfOf(height));
  for (let i = 0; i < to.length; i++) {
    const x = 2 * (i % halfWidth);
    const upper = 2 * Math.floor(i / halfWidth) * width;
    const lower = Math.min(upper + width, (height - 1) * width);
    const right = Math.min(x + 1, width - 1);
    const first = sorted[upper + x]!;
    const same =
      sorted[upper + right] === first && sorted[lower + x] === first && sorted[lower + right] === first;
    to[i] = same ? first : kind.unknown;
  }
  return to;
};

/** Alpha at twice the size, linear between the centres of the pixels. */
export const doubleAlpha = (half: Float32Array, width: number, height: number): Float32Array => {
  const halfWidth = halfOf(width);
  const halfHeight = halfOf(height);
  const to = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const near = (y >> 1) * halfWidth;
    const far = Math.min(halfHeight - 1, Math.max(0, (y >> 1) + (y % 2 === 0 ? -1 : 1))) * halfWidth;
    for (let x = 0; x < width; x++, i++) {
      const column = x >> 1;
      const other = Math.min(halfWidth - 1, Math.max(0, column + (x % 2 === 0 ? -1 : 1)));
      const own = 0.75 * half[near + column]! + 0.25 * half[near + other]!;
      to[i] = 0.75 * own + 0.25 * (0.75 * half[far + column]! + 0.25 * half[far + other]!);
    }
  }
  return to;
};
