import type { Raster } from '../src/raster.js';
import { eachEntry } from './reference/laplacian.js';

/** Gaussian elimination. */
const solve = (matrix: number[][], right: number[]): number[] => {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      if (factor === 0) continue;
      for (let j = k; j <= size; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const solution = Array<number>(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    let value = rows[k]![size]!;
    for (let j = k + 1; j < size; j++) value -= rows[k]![j]! * solution[j]!;
    solution[k] = value / rows[k]![k]!;
  }
  return solution;
};

const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Closed-form matting with a dense matrix in double precision, for pictures of a few pixels. */
export const denseMatting = (photo: Raster, trimap: Raster): number[] => {
  const count = photo.width * photo.height;
  const laplacian = Array.from({ length: count }, () => Array<number>(count).fill(0));
  eachEntry(
    photo,
    (pixel) => trimap.data[pixel] !== 128,
    (i, j, value) => {
      laplacian[i]![j]! += value;
    },
  );

  const unknown = [...trimap.data.keys()].filter((i) => trimap.data[i] === 128);
  const matrix = unknown.map((i) => unknown.map((j) => laplacian[i]![j]!));
  const right = unknown.map(
    (i) =>
      -dot(
        laplacian[i]!,
        [...trimap.data].map((v) => (v === 255 ? 1 : 0)),
      ),
  );
  const alpha = [...trimap.data].map((sample) => sample / 255);
  solve(matrix, right).forEach((value, k) => {
    alpha[unknown[k]!] = Math.min(1, Math.max(0, value));
  });
  return alpha;
};
