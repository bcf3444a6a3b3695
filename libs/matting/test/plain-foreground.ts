import type { Alpha } from '../src/alpha.js';
import type { Raster } from '../src/raster.js';

type Size = { readonly width: number; readonly height: number };
type Level = Size & { readonly fore: number[][]; readonly back: number[][] };
type Mixed = Size & { readonly shares: number[]; readonly colours: number[][] };

const clip = (value: number): number => Math.min(1, Math.max(0, value));
const channels = [0, 1, 2];

const nearest =
  (at: Size, { width, height }: Size) =>
  (i: number) =>
    Math.floor((Math.floor(i / at.width) * height) / at.height) * width +
    Math.floor(((i % at.width) * width) / at.width);

/** One pixel of a sweep of Gauss-Seidel. */
const relax = ({ width, height, shares, colours }: Mixed, { fore, back }: Level, i: number): void => {
  const [x, y] = [i % width, Math.floor(i / width)];
  const beside = [Math.max(0, x - 1), Math.min(width - 1, x + 1)].map((u) => y * width + u);
  const above = [Math.max(0, y - 1), Math.min(height - 1, y + 1)].map((v) => v * width + x);
  const around = [...beside, ...above];
  const share = shares[i]!;
  const weights = around.map((j) => 1e-5 + Math.abs(share - shares[j]!));
  const pull = weights.reduce((sum, weight) => sum + weight, 0);
  const [ff, bb, fb] = [share ** 2 + pull, (1 - share) ** 2 + pull, share * (1 - share)];
  const drawn = (side: number[][], c: number) =>
    around.reduce((sum, j, k) => sum + weights[k]! * side[j]![c]!, 0);
  for (const c of channels) {
    const f = share * colours[i]![c]! + drawn(fore, c);
    const b = (1 - share) * colours[i]![c]! + drawn(back, c);
    fore[i]![c] = clip((bb * f - fb * b) / (ff * bb - fb * fb));
    back[i]![c] = clip((ff * b - fb * f) / (ff * bb - fb * fb));
  }
};

/** pymatting's `estimate_foreground_ml` for every pixel, in double precision. */
export const plainForeground = (photo: Raster, alpha: Alpha): number[][] => {
  const colourAt = (i: number) => channels.map((c) => photo.data[i * photo.channels + c]! / 255);
  const mean = (chosen: (share: number) => boolean) => {
    const pixels = [...alpha.data.keys()].filter((i) => chosen(alpha.data[i]!)).map(colourAt);
    return channels.map((c) => pixels.reduce((sum, p) => sum + p[c]!, 0) / (pixels.length + 1e-5));
  };
  let level: Level = { width: 1, height: 1, fore: [mean((a) => a > 0.9)], back: [mean((a) => a < 0.1)] };

  const levels = Math.ceil(Math.log2(Math.max(photo.width, photo.height)));
  for (let step = 0; step <= levels; step++) {
    const size = {
      width: Math.round(photo.width ** (step / levels)),
      height: Math.round(photo.height ** (step / levels)),
    };
    const pixels = [...Array(size.width * size.height).keys()];
    const sources = pixels.map(nearest(size, photo));
    const mixed = { ...size, shares: sources.map((i) => alpha.data[i]!), colours: sources.map(colourAt) };
    const parents = pixels.map(nearest(size, level));
    const { fore, back } = level;
    level = { ...size, fore: parents.map((i) => [...fore[i]!]), back: parents.map((i) => [...back[i]!]) };
    const sweeps = size.width <= 32 && size.height <= 32 ? 10 : 2;
    for (let sweep = 0; sweep < sweeps; sweep++) for (const i of pixels) relax(mixed, level, i);
  }
  return level.fore;
};
