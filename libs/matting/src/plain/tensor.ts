import type { Raster } from '../raster.js';

/** What each sample becomes, by channel: red, green and blue. */
export type Tables = readonly [red: Float32Array, green: Float32Array, blue: Float32Array];

/** The greatest sample of red, green and blue, in plain TypeScript; alpha is not looked at. */
export const brightestPlain = ({ data, channels }: Raster): number => {
  let max = 0;
  for (let i = 0; i < data.length && max < 255; i += channels) {
    max = Math.max(max, data[i]!, data[i + 1]!, data[i + 2]!);
  }
  return max;
};

/** Puts plane after plane what the tables hold for each sample, in plain TypeScript. */
export const lookUpPlain = (photo: Raster, [red, green, blue]: Tables, nchw: Float32Array): void => {
  const { data, channels } = photo;
  const plane = photo.width * photo.height;
  for (let i = 0, at = 0; i < plane; i++, at += channels) {
    nchw[i] = red[data[at]!]!;
    nchw[plane + i] = green[data[at + 1]!]!;
    nchw[plane * 2 + i] = blue[data[at + 2]!]!;
  }
};
