import type { Alpha } from '../alpha.js';

type Size = { readonly width: number; readonly height: number };

/** The picture at one size, of which only some pixels are looked at. */
export type Layer = Size & {
  /** Those, in ascending order. */
  readonly pixels: Int32Array;
  /** The place of each pixel of the picture in `pixels`, -1 for none. */
  readonly numberOf: Int32Array;
};

/** Up to as many pixels the whole picture is looked at, as it costs nothing. */
const wholeUpTo = 2 ** 15;
/** How far around mixed pixels colours are estimated, since these draw on them. */
const reach = 2;

/** The nearest pixel at another size. */
export const parentOf = (from: Size, to: Size, pixel: number): number => {
  const x = pixel % from.width;
  const y = (pixel - x) / from.width;
  return Math.floor((y * to.height) / from.height) * to.width + Math.floor((x * to.width) / from.width);
};

const sizesOf = ({ width, height }: Size): Size[] => {
  const levels = Math.ceil(Math.log2(Math.max(width, height, 2)));
  return Array.from({ length: levels + 1 }, (_, level) => ({
    width: Math.round(width ** (level / levels)),
    height: Math.round(height ** (level / levels)),
  }));
};

/** Marks the pixels around those where alpha is mixed. */
const markMixed = (taken: Uint8Array, size: Size, alpha: Alpha): void => {
  const { width, height } = size;
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * alpha.height) / height) * alpha.width;
    for (let x = 0; x < width; x++) {
      const share = alpha.data[row + Math.floor((x * alpha.width) / width)]!;
      if (share < 0.5 / 255 || share >= 254.5 / 255) continue;
      const left = Math.max(0, x - reach);
      const right = Math.min(width, x + reach + 1);
      for (let line = Math.max(0, y - reach); line < Math.min(height, y + reach + 1); line++) {
        taken.fill(1, line * width + left, line * width + right);
      }
    }
  }
};

const toLayer = (size: Size, taken: Uint8Array): Layer => {
  const numberOf = new Int32Array(taken.length).fill(-1);
  let count = 0;
  for (let i = 0; i < taken.length; i++) if (taken[i] === 1) numberOf[i] = count++;
  const pixels = new Int32Array(count);
  for (let i = 0; i < taken.length; i++) if (taken[i] === 1) pixels[numberOf[i]!] = i;
  return { ...size, pixels, numberOf };
};

/** From one pixel to the size of alpha; the pixels of a layer always have theirs in the one before. */
export const toLayers = (alpha: Alpha): Layer[] => {
  const layers: Layer[] = [];
  for (const size of sizesOf(alpha).toReversed()) {
    const taken = new Uint8Array(size.width * size.height);
    if (taken.length <= wholeUpTo) taken.fill(1);
    else {
      const finer = layers[0];
      markMixed(taken, size, alpha);
      finer?.pixels.forEach((pixel) => {
        taken[parentOf(finer, size, pixel)] = 1;
      });
    }
    layers.unshift(toLayer(size, taken));
  }
  return layers;
};
