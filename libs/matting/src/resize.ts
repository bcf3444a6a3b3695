import { type Raster, requireRaster, requireSize } from './raster.js';
import { resizePlain } from './plain/resize.js';
import { resizeKernel, resizeSimd } from './simd/resize.js';

/** What resizes here: the plain arithmetic is several times slower and stands in where SIMD is missing. */
export const kernel: 'wasm-simd' | 'typescript' = resizeKernel ? 'wasm-simd' : 'typescript';

/**
 * The raster at another size, byte for byte what Pillow's `Image.resize(size, LANCZOS)` gives up to version 12:
 * antialiased, rows first, rounded to 8 bits between the axes, an axis that keeps its size left alone. (From
 * version 13 Pillow takes the columns first where the height shrinks much more than the width.) Channels are
 * independent of each other: Pillow premultiplies RGBA, this does not. The aspect ratio is the caller's affair.
 *
 * Source: libImaging/Resample.c of Pillow 12.
 *
 * @param width of the result in pixels
 * @param height of the result in pixels
 * @throws RangeError when a size is not a positive whole number or the data do not fill the source's geometry
 */
export const resizeLanczos = (source: Raster, width: number, height: number): Raster => {
  requireRaster(source);
  requireSize(width, height);
  // A copy as well, so that the result is never in the source's memory.
  if (width === source.width && height === source.height)
    return { ...source, data: new Uint8Array(source.data) };
  return (
    (resizeKernel && resizeSimd(resizeKernel, source, width, height)) ?? resizePlain(source, width, height)
  );
};
