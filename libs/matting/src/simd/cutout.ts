import { base64 } from '../generated/cutout.js';
import type { Raster } from '../raster.js';
import { openKernel, reserve } from './kernel.js';

/** The functions of assembly/cutout.ts; what is not a count is an address. */
type Functions = {
  isVisible: (mask: number, bytes: number) => number;
  cutRgb: (photo: number, mask: number, pixels: number, to: number) => void;
  cutRgba: (photo: number, mask: number, pixels: number, to: number) => void;
};

export const cutoutKernel = openKernel<Functions>(base64);

/** Pixels of a strip: its mask, photo and cutout stay in the cache. */
const strip = 8192;
const maskAt = 0;
const photoAt = strip;
const cutAt = strip * 5 + 16;
const bytes = strip * 9 + 16;

/**
 * The bytes of `cutout` in WebAssembly; photo and mask fit each other. Strips of background are not touched, so
 * that their pages of the result, which the system hands out zeroed, are never paid for.
 */
export const cutSimd = (
  kernel: NonNullable<typeof cutoutKernel>,
  { data: photo, channels }: Raster,
  { data: mask }: Raster,
): Uint8Array => {
  const memory = reserve(kernel, bytes);
  const cut = channels === 3 ? kernel.cutRgb : kernel.cutRgba;
  const data = new Uint8Array(mask.length * 4);

  for (let from = 0; from < mask.length; from += strip) {
    const pixels = Math.min(strip, mask.length - from);
    memory.set(mask.subarray(from, from + pixels), maskAt);
    if (!kernel.isVisible(maskAt, pixels)) continue;

    memory.set(photo.subarray(from * channels, (from + pixels) * channels), photoAt);
    cut(photoAt, maskAt, pixels, cutAt);
    data.set(memory.subarray(cutAt, cutAt + pixels * 4), from * 4);
  }

  return data;
};
