import type { Raster } from '../src/raster.js';

/** Numbers from 0 up to 1, the same on every run. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

export type Scene = { readonly photo: Raster; readonly alpha: Float32Array };

/** Two shaded colours mixed by an alpha that a function gives, under a little noise. */
export const scene = (
  width: number,
  height: number,
  alphaAt: (x: number, y: number) => number,
  noise = 2,
): Scene => {
  const random = randomFrom(width * 31 + height);
  const data = new Uint8ClampedArray(width * height * 3);
  const alpha = new Float32Array(width * height);
  for (let i = 0; i < alpha.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    const share = Math.min(1, Math.max(0, alphaAt(x, y)));
    alpha[i] = share;
    const subject = [200 - (40 * x) / width, 80 + (50 * y) / height, 50];
    const behind = [40, 120 + (40 * x) / width, 190 - (60 * y) / height];
    for (let c = 0; c < 3; c++) {
      const grain = noise * (random() - 0.5);
      data[i * 3 + c] = share * subject[c]! + (1 - share) * behind[c]! + grain;
    }
  }
  return { photo: { data: new Uint8Array(data.buffer), width, height, channels: 3 }, alpha };
};

/** 255 where alpha is all there is within `reach` pixels, 0 where there is none, and 128 in between. */
export const trimapAround = ({ photo: { width, height }, alpha }: Scene, reach: number): Raster => {
  const data = new Uint8Array(alpha.length);
  for (let i = 0; i < data.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    let low = 1;
    let high = 0;
    for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
      for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) {
        low = Math.min(low, alpha[v * width + u]!);
        high = Math.max(high, alpha[v * width + u]!);
      }
    }
    data[i] = low > 0.99 ? 255 : high < 0.01 ? 0 : 128;
  }
  return { data, width, height, channels: 1 };
};

/** A picture of characters as a raster of one channel. */
export const drawn = (rows: readonly string[], samples: Readonly<Record<string, number>>): Raster => ({
  data: Uint8Array.from(rows.join('').split(''), (character) => samples[character]!),
  width: rows[0]!.length,
  height: rows.length,
  channels: 1,
});

export const differences = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { mean: number; largest: number } => {
  let sum = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    sum += difference;
    largest = Math.max(largest, difference);
  }
  return { mean: sum / a.length, largest };
};
