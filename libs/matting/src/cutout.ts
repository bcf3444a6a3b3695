import { type Raster, requireChannels, requireRaster } from './raster.js';

/** a × b / 255, rounded as Pillow's MULDIV255 rounds it. */
const multiply = (a: number, b: number): number => {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
};

/**
 * The photo with the mask as its alpha: RGBA, straight (not premultiplied). A photo's own alpha is multiplied
 * in, so that its holes stay holes. Pixels of alpha 0 are black, which keeps the background out of the file.
 *
 * Source of the rounding: `Image.composite` of Pillow, which rembg cuts out with.
 *
 * @param photo RGB or RGBA
 * @param mask one channel, 0 (background) … 255 (subject), of the photo's size
 * @throws RangeError when sizes or channels do not fit, or data do not fill their geometry
 */
export const cutout = (photo: Raster, mask: Raster): Raster => {
  requireRaster(photo);
  requireRaster(mask);
  requireChannels(photo, [3, 4]);
  requireChannels(mask, [1]);
  if (photo.width !== mask.width || photo.height !== mask.height) {
    throw new RangeError(
      `a mask of ${mask.width}×${mask.height} pixels does not fit a photo of ${photo.width}×${photo.height}`,
    );
  }

  const { width, height, channels } = photo;
  const source = photo.data;
  const shares = mask.data;
  const opaque = channels === 3;
  const data = new Uint8Array(width * height * 4);

  for (let i = 0, from = 0, to = 0; i < shares.length; i++, from += channels, to += 4) {
    const alpha = opaque ? shares[i]! : multiply(source[from + 3]!, shares[i]!);
    if (alpha === 0) continue;
    data[to] = source[from]!;
    data[to + 1] = source[from + 1]!;
    data[to + 2] = source[from + 2]!;
    data[to + 3] = alpha;
  }

  return { data, width, height, channels: 4 };
};
