import { lanczosTaps, precisionBits, type Taps } from '../../src/lanczos.js';
import type { Raster } from '../../src/raster.js';

// Globals are slow to look up in Jest's contexts.
const { imul, max, min } = Math;

/** A sum starts here, so that shifting it right by `precisionBits` rounds. */
const half = 1 << (precisionBits - 1);

/** The weighted sum of target `index`, whose samples lie `step` apart from `from` on. */
const weigh = (
  data: Uint8Array,
  { count, weights, stride }: Taps,
  index: number,
  from: number,
  step: number,
) => {
  let sum = half;
  for (let i = 0; i < count[index]!; i++)
    sum = (sum + imul(data[from + i * step]!, weights[index * stride + i]!)) | 0;
  return min(255, max(0, sum >> precisionBits));
};

const resizeRows = ({ data, width: before, height, channels }: Raster, width: number): Raster => {
  const taps = lanczosTaps(before, width);
  const resized = new Uint8Array(width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++)
        resized[to++] = weigh(data, taps, x, (y * before + taps.first[x]!) * channels + channel, channels);
  return { data: resized, width, height, channels };
};

const resizeColumns = ({ data, width, height: before, channels }: Raster, height: number): Raster => {
  const taps = lanczosTaps(before, height);
  const rowBytes = width * channels;
  const resized = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < rowBytes; x++)
      resized[y * rowBytes + x] = weigh(data, taps, y, taps.first[y]! * rowBytes + x, rowBytes);
  return { data: resized, width, height, channels };
};

/** `resizeLanczos` in plain loops. */
export const resizeReference = (source: Raster, width: number, height: number): Raster => {
  const rows = width === source.width ? source : resizeRows(source, width);
  return height === source.height ? rows : resizeColumns(rows, height);
};
