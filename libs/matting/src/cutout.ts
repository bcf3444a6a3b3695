import { cutPlain } from './plain/cutout.js';
import { type Raster, requireChannels, requireRaster } from './raster.js';
import { cutoutKernel, cutSimd } from './simd/cutout.js';

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

  const data = cutoutKernel ? cutSimd(cutoutKernel, photo, mask) : cutPlain(photo, mask);
  return { data, width: photo.width, height: photo.height, channels: 4 };
};
