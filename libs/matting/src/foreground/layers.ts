import type { Alpha } from '../alpha.js';

type Size = { readonly width: number; readonly height: number };

/** The picture at one size, of which only some pixels are estimated. */
export type Layer = Size & {
  /** The estimated pixels, ascending. */
  readonly pixels: Int32Array;
  /** The index of each pixel in `pixels`, -1 for none. */
  readonly numberOf: Int32Array;
};

/** Pictures of up to as many pixels are estimated as a whole, which costs little. */
const wholeUpTo = 2 ** 15;
/** Colours are estimated as far around mixed pixels, which depend on them. */
const reach = 2;

export const nearest = (count: number, to: number): Int32Array =>
  Int32Array.from({ length: count }, (_, at) => Math.floor((at * to) / count));

/** The pixels at another size that are nearest to those of a layer. */
export const parentsOf = ({ pixels, width, height }: Layer, to: Size): Int32Array => {
  const columns = nearest(width, to.width);
  const rows = nearest(height, to.height);
  const parents = new Int32Array(pixels.length);
  for (let i = 0, y = 0; i < pixels.length; i++) {
    while (pixels[i]! >= (y + 1) * width) y++;
    parents[i] = rows[y]! * to.width + columns[pixels[i]! - y * width]!;
  }
  return parents;
};

const sizesOf = ({ width, height }: Size): Size[] => {
  const levels = Math.ceil(Math.log2(Math.max(width, height, 2)));
  return Array.from({ length: levels + 1 }, (_, level) => ({
    width: Math.round(width ** (level / levels)),
    height: Math.round(height ** (level / levels)),
  }));
};

/** Whether alpha is neither 0 nor 1 in eight bits. */
export const isMixed = (alpha: number): boolean => alpha >= 0.5 / 255 && alpha < 254.5 / 255;

/** Marks the pixels around mixed ones. */
const markMixed = (taken: Uint8Array, { width, height }: Size, alpha: Alpha): void => {
  const columns = nearest(width, alpha.width);
  const rows = nearest(height, alpha.height);
  for (let y = 0; y < height; y++) {
    const row = rows[y]! * alpha.width;
    const top = Math.max(0, y - reach) * width;
    const bottom = Math.min(height - 1, y + reach) * width;
    for (let x = 0; x < width; x++) {
      if (!isMixed(alpha.data[row + columns[x]!]!)) continue;
      const left = Math.max(0, x - reach);
      const right = Math.min(width - 1, x + reach);
      for (let line = top; line <= bottom; line += width) taken.fill(1, line + left, line + right + 1);
    }
  }
};

const countOf = (taken: Uint8Array): number => {
  let count = 0;
  for (let i = 0; i < taken.length; i++) count += taken[i]!;
  return count;
};

const toLayer = (size: Size, taken: Uint8Array): Layer => {
  const count = countOf(taken);
  const numberOf = new Int32Array(taken.length).fill(-1);
  const pixels = new Int32Array(count);
  for (let at = taken.indexOf(1), next = 0; at >= 0; at = taken.indexOf(1, at)) {
    for (; taken[at] === 1; at++, next++) {
      pixels[next] = at;
      numberOf[at] = next;
    }
  }
  return { ...size, pixels, numberOf };
};

/** Marks the pixels at another size that mixed pixels of the full size belong to. */
const markParents = (taken: Uint8Array, { width, height }: Size, alpha: Alpha): void => {
  const columns = nearest(alpha.width, width);
  const rows = nearest(alpha.height, height);
  for (let y = 0, i = 0; y < alpha.height; y++) {
    const row = rows[y]! * width;
    for (let x = 0; x < alpha.width; x++, i++) if (isMixed(alpha.data[i]!)) taken[row + columns[x]!] = 1;
  }
};

const takenOf = (size: Size, alpha: Alpha, finer: Layer | undefined): Uint8Array => {
  const taken = new Uint8Array(size.width * size.height);
  if (taken.length <= wholeUpTo) return taken.fill(1);

  markMixed(taken, size, alpha);
  if (!finer) {
    if (size.width !== alpha.width || size.height !== alpha.height) markParents(taken, size, alpha);
    return taken;
  }
  const parents = parentsOf(finer, size);
  for (let i = 0; i < parents.length; i++) taken[parents[i]!] = 1;
  return taken;
};

/**
 * Layers from one pixel to the size of alpha. Each pixel of a layer has its parent in the layer before, and each mixed
 * pixel of alpha has one in the last.
 *
 * @param most pixels of a layer; sizes with more are left out
 */
export const toLayers = (alpha: Alpha, most: number): Layer[] => {
  const layers: Layer[] = [];
  for (const size of sizesOf(alpha).toReversed()) {
    const taken = takenOf(size, alpha, layers[0]);
    const isLeftOut = layers.length === 0 && taken.length > 1 && countOf(taken) > most;
    if (!isLeftOut) layers.unshift(toLayer(size, taken));
  }
  return layers;
};
