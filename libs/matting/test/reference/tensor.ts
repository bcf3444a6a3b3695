import type { Raster } from '../../src/raster.js';
import type { Tables } from '../../src/tensor.js';

/** `findBrightest` in a plain loop. */
export const brightestReference = ({ data, channels }: Raster): number => {
  let max = 0;
  for (let i = 0; i < data.length; i += channels) max = Math.max(max, data[i]!, data[i + 1]!, data[i + 2]!);
  return max;
};

/** `lookUp` in a plain loop. */
export const lookUpReference = (photo: Raster, [red, green, blue]: Tables, nchw: Float32Array): void => {
  const { data, channels } = photo;
  const plane = photo.width * photo.height;
  for (let i = 0, at = 0; i < plane; i++, at += channels) {
    nchw[i] = red[data[at]!]!;
    nchw[plane + i] = green[data[at + 1]!]!;
    nchw[plane * 2 + i] = blue[data[at + 2]!]!;
  }
};
