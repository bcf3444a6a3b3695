import type { Raster } from '../src/raster.js';

/** The inverse of I + colours' covariance is not spelled out: M c solves (Σ c cᵀ + ε I) / 9 · v = c. */
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

/** Closed-form matting as the paper writes it, with a dense matrix in double precision, for pictures of a few pixels. */
export const denseMatting = ({ data, width, height }: Raster, trimap: Raster): number[] => {
  const count = width * height;
  const laplacian = Array.from({ length: count }, () => Array<number>(count).fill(0));
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const pixels = Array.from(
        { length: 9 },
        (_, k) => (y + Math.floor(k / 3) - 1) * width + x + (k % 3) - 1,
      );
      const colours = pixels.map((i) => [0, 1, 2].map((c) => data[i * 3 + c]! / 255));
      const mean = [0, 1, 2].map((c) => colours.reduce((sum, colour) => sum + colour[c]!, 0) / 9);
      const centred = colours.map((colour) => colour.map((value, c) => value - mean[c]!));
      const covariance = [0, 1, 2].map((a) =>
        [0, 1, 2].map((b) => (centred.reduce((sum, c) => sum + c[a]! * c[b]!, 0) + (a === b ? 1e-7 : 0)) / 9),
      );
      pixels.forEach((i, k) => {
        const weighed = solve(covariance, centred[k]!);
        pixels.forEach((j, l) => {
          laplacian[i]![j]! += (k === l ? 1 : 0) - (1 + dot(weighed, centred[l]!)) / 9;
        });
      });
    }
  }

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
