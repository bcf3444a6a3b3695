import type { Raster } from '../src/raster.js';
import { eachEntry } from './reference/laplacian.js';

type Banded = { readonly count: number; readonly reach: number; readonly lower: Float64Array };

/** L D Lᵀ in place: row i of the band holds columns i − reach … i, the last one D. */
const factorise = ({ count, reach, lower }: Banded): void => {
  const row = reach + 1;
  for (let i = 0; i < count; i++) {
    const first = Math.max(0, i - reach);
    const own = i * row + reach - i;
    let pivot = lower[own + i]!;
    for (let j = first; j < i; j++) {
      const other = j * row + reach - j;
      let value = lower[own + j]!;
      for (let k = Math.max(first, j - reach); k < j; k++) value -= lower[own + k]! * lower[other + k]!;
      lower[own + j] = value;
    }
    for (let j = first; j < i; j++) {
      const value = lower[own + j]!;
      lower[own + j] = value / lower[j * row + reach]!;
      pivot -= value * lower[own + j]!;
    }
    lower[own + i] = pivot;
  }
};

const substitute = ({ count, reach, lower }: Banded, right: Float64Array): void => {
  const row = reach + 1;
  for (let i = 0; i < count; i++) {
    for (let k = Math.max(0, i - reach); k < i; k++) right[i]! -= lower[i * row + reach - i + k]! * right[k]!;
  }
  for (let i = 0; i < count; i++) right[i]! /= lower[i * row + reach]!;
  for (let i = count - 1; i >= 0; i--) {
    for (let k = Math.max(0, i - reach); k < i; k++) right[k]! -= lower[i * row + reach - i + k]! * right[i]!;
  }
};

/** Numbers of the unknown pixels, column by column, so that rows of the band are short in wide pictures. */
const numberUnknown = ({ data, width, height }: Raster): Int32Array => {
  const numbers = new Int32Array(data.length).fill(-1);
  let count = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) if (data[y * width + x] === 128) numbers[y * width + x] = count++;
  }
  return numbers;
};

/** Closed-form matting in double precision with a direct factor, for wide pictures of some thousand pixels. */
export const directMatting = (photo: Raster, trimap: Raster): Float64Array => {
  const numbers = numberUnknown(trimap);
  const count = numbers.reduce((most, number) => Math.max(most, number + 1), 0);
  const reach = 2 * trimap.height + 2;
  const banded = { count, reach, lower: new Float64Array(count * (reach + 1)) };
  const right = new Float64Array(count);
  eachEntry(
    photo,
    (pixel) => numbers[pixel]! < 0,
    (i, j, value) => {
      const [row, column] = [numbers[i]!, numbers[j]!];
      if (row < 0) return;
      if (column < 0) right[row]! -= trimap.data[j] === 255 ? value : 0;
      else if (column <= row) banded.lower[row * (reach + 1) + reach - row + column]! += value;
    },
  );
  factorise(banded);
  substitute(banded, right);
  return Float64Array.from(trimap.data, (sample, pixel) =>
    numbers[pixel]! < 0 ? sample / 255 : Math.min(1, Math.max(0, right[numbers[pixel]!]!)),
  );
};
