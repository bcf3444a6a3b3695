import { type Raster, requireChannels, requireRaster } from './raster.js';

const isGrey = ({ data }: Raster): boolean => {
  for (let i = 0; i < data.length; i += 3)
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
};

/**
 * The mask that a former result carries: the alpha of a cutout, or the values of an opaque grey picture.
 *
 * @param result RGB or RGBA
 * @returns undefined for an opaque picture with colours
 * @throws RangeError when the result has other channels or does not fill its geometry
 */
export const maskOfResult = (result: Raster): Raster | undefined => {
  requireRaster(result);
  requireChannels(result, [3, 4]);
  const { data: from, width, height, channels } = result;
  if (channels === 3 && !isGrey(result)) return undefined;
  const data = new Uint8Array(width * height);
  for (let i = 0, at = channels === 4 ? 3 : 0; i < data.length; i++, at += channels) data[i] = from[at]!;
  return { data, width, height, channels: 1 };
};
