import type { Raster } from '../../src/raster.js';

type Three = readonly [number, number, number];

/** The inverse of the covariance with pymatting's operations in its order; its rounding is part of the result. */
const inverseOf = (centred: readonly Three[]): number[] => {
  const sum = (a: 0 | 1 | 2, b: 0 | 1 | 2) =>
    centred.reduce((total, colour) => total + colour[a] * colour[b], a === b ? 1e-7 : 0) / 9;
  const [a00, a01, a02] = [sum(0, 0), sum(0, 1), sum(0, 2)];
  const [a11, a12, a22] = [sum(1, 1), sum(1, 2), sum(2, 2)];
  const determinant =
    a00 * a12 * a12 + a01 * a01 * a22 + a02 * a02 * a11 - a00 * a11 * a22 - 2 * a01 * a02 * a12;
  const inverse = 1 / determinant;
  return [
    (a12 * a12 - a11 * a22) * inverse,
    (a01 * a22 - a02 * a12) * inverse,
    (a02 * a11 - a01 * a12) * inverse,
    (a02 * a02 - a00 * a22) * inverse,
    (a00 * a12 - a01 * a02) * inverse,
    (a01 * a01 - a00 * a11) * inverse,
  ];
};

const centre = (colours: readonly Three[]): Three[] => {
  const mean = [0, 1, 2].map((c) => colours.reduce((sum, colour) => sum + colour[c]!, 0) / 9);
  return colours.map(([r, g, b]) => [r - mean[0]!, g - mean[1]!, b - mean[2]!]);
};

/**
 * Visits the entries of the matting Laplacian, window by window, as `_cf_laplacian` of pymatting adds them up.
 *
 * @param isKnown tells whether a pixel is known; windows of known pixels are left out
 */
export const eachEntry = (
  { data, width, height, channels }: Raster,
  isKnown: (pixel: number) => boolean,
  visit: (i: number, j: number, value: number) => void,
): void => {
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const pixels = Array.from(
        { length: 9 },
        (_, k) => (y + Math.floor(k / 3) - 1) * width + x + (k % 3) - 1,
      );
      if (pixels.every(isKnown)) continue;
      const colour = (i: number, c: number) => data[i * channels + c]! / 255;
      const centred = centre(pixels.map((i) => [colour(i, 0), colour(i, 1), colour(i, 2)]));
      const [m00 = 0, m01 = 0, m02 = 0, m11 = 0, m12 = 0, m22 = 0] = inverseOf(centred);
      centred.forEach(([r, g, b], k) => {
        const c0 = m00 * r + m01 * g + m02 * b;
        const c1 = m01 * r + m11 * g + m12 * b;
        const c2 = m02 * r + m12 * g + m22 * b;
        centred.forEach(([s, t, u], l) => {
          const product = c0 * s + c1 * t + c2 * u;
          visit(pixels[k]!, pixels[l]!, (k === l ? 1 : 0) - (1 + product) / 9);
        });
      });
    }
  }
};
