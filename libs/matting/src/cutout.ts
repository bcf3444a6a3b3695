import { base64 } from './generated/cutout.js';
import { kernelOf, reserve } from './kernel.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';

/** The functions of assembly/cutout.ts; arguments that are no counts are addresses. */
type Functions = {
  isVisible: (mask: number, bytes: number) => number;
  cutRgb: (photo: number, mask: number, pixels: number, to: number) => void;
  cutRgba: (photo: number, mask: number, pixels: number, to: number) => void;
};

const openKernel = kernelOf<Functions>(base64);

/** Pixels of a strip: its mask, photo and cutout fit into the cache. */
const strip = 8192;
const maskAt = 0;
const photoAt = strip;
const cutAt = strip * 5 + 16;
const bytes = strip * 9 + 16;

/** Strips of background stay untouched in new memory: the system zeroes its pages, at no cost until they are written. */
const cut = (
  { data: photo, channels }: Raster,
  { data: mask }: Raster,
  spare: ArrayBuffer | undefined,
): Uint8Array => {
  const kernel = openKernel();
  const memory = reserve(kernel.memory, bytes);
  const cutStrip = channels === 3 ? kernel.cutRgb : kernel.cutRgba;
  const data = spare ? new Uint8Array(spare, 0, mask.length * 4) : new Uint8Array(mask.length * 4);

  for (let from = 0; from < mask.length; from += strip) {
    const pixels = Math.min(strip, mask.length - from);
    memory.set(mask.subarray(from, from + pixels), maskAt);
    if (!kernel.isVisible(maskAt, pixels)) {
      if (spare) data.fill(0, from * 4, (from + pixels) * 4);
      continue;
    }

    memory.set(photo.subarray(from * channels, (from + pixels) * channels), photoAt);
    cutStrip(photoAt, maskAt, pixels, cutAt);
    data.set(memory.subarray(cutAt, cutAt + pixels * 4), from * 4);
  }

  return data;
};

/**
 * The photo with the mask as its alpha: RGBA, straight (not premultiplied). A photo's own alpha is multiplied in, so
 * that its holes stay holes. Pixels of alpha 0 are black, which keeps the background out of the file.
 *
 * Source of the rounding: `Image.composite` of Pillow, which rembg cuts out with.
 *
 * @param photo RGB or RGBA
 * @param mask one channel, 0 (background) … 255 (subject), of the photo's size
 * @param spare memory for the result, of four bytes a pixel or more, with anything in it
 * @throws RangeError when sizes or channels do not fit, or data do not fill their geometry
 */
export const cutout = (photo: Raster, mask: Raster, spare?: ArrayBuffer): Raster => {
  requireRaster(photo);
  requireRaster(mask);
  requireChannels(photo, [3, 4]);
  requireChannels(mask, [1]);
  if (photo.width !== mask.width || photo.height !== mask.height) {
    throw new RangeError(
      `a mask of ${mask.width}×${mask.height} pixels does not fit a photo of ${photo.width}×${photo.height}`,
    );
  }

  return { data: cut(photo, mask, spare), width: photo.width, height: photo.height, channels: 4 };
};
