import { type Raster, requireChannels, requireRaster } from './raster.js';

/** Thresholds are bytes of a mask. */
export type TrimapSettings = {
  /** Pixels above it are foreground. */
  readonly foregroundThreshold: number;
  /** Pixels below it are background. */
  readonly backgroundThreshold: number;
  /** Side of the square that erodes both, in pixels; 0 means a cross of 3 × 3, as in scipy. */
  readonly erodeSize: number;
};

/** Samples of a trimap. */
const trimapSample = { background: 0, unknown: 128, foreground: 255 } as const;

/** The reach of a window around its pixel; even windows reach further to the left. */
type Window = { readonly before: number; readonly after: number };

/** Sets each sample to whether 1s fill its window; samples outside the line count as `border`. */
const erodeLine = (
  line: Uint8Array,
  { start, step, count }: { start: number; step: number; count: number },
  { before, after }: Window,
  border: 0 | 1,
): void => {
  const none = -before - 1;
  let gap = border === 1 ? none : -1;
  let ahead = 0;
  for (let i = 0; i < count; i++) {
    for (; ahead <= i + after && ahead < count; ahead++) if (line[start + ahead * step] === 0) gap = ahead;
    if (border === 0 && i + after >= count) gap = count;
    // Safe in place: samples at and before i were read already.
    line[start + i * step] = gap < i - before ? 1 : 0;
  }
};

const erodeSquare = (set: Uint8Array, width: number, height: number, size: number, border: 0 | 1): void => {
  const before = Math.floor(size / 2);
  const window = { before, after: size - 1 - before };
  for (let y = 0; y < height; y++)
    erodeLine(set, { start: y * width, step: 1, count: width }, window, border);
  for (let x = 0; x < width; x++) erodeLine(set, { start: x, step: width, count: height }, window, border);
};

const erodeCross = (set: Uint8Array, width: number, height: number, border: 0 | 1): void => {
  const before = set.slice();
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? border : before[y * width + x]!;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      set[i] = before[i]! & at(x - 1, y) & at(x + 1, y) & at(x, y - 1) & at(x, y + 1);
    }
  }
};

const erode = (set: Uint8Array, { width, height }: Raster, size: number, border: 0 | 1): Uint8Array => {
  if (size === 0) erodeCross(set, width, height, border);
  else erodeSquare(set, width, height, size, border);
  return set;
};

const requireSettings = (settings: TrimapSettings): void => {
  for (const [name, value] of Object.entries(settings)) {
    if (Number.isInteger(value) && value >= 0) continue;
    throw new RangeError(`${name} takes a whole number from 0 on, not ${value}`);
  }
};

/**
 * The certain parts of a mask, 255 for subject and 0 for background, and 128 in between. Both sides are eroded by a
 * square of `erodeSize`: the subject also from the edge of the picture, the background not. An even square reaches one
 * pixel further to the left and top.
 *
 * Source: `alpha_matting_cutout` of rembg, with scipy's `binary_erosion`; to the bit.
 *
 * @param mask one channel, 0…255
 * @throws RangeError when the mask is not of one channel that fills its geometry, or a setting is not a whole number
 */
export const toTrimap = (mask: Raster, settings: TrimapSettings): Raster => {
  requireRaster(mask);
  requireChannels(mask, [1]);
  requireSettings(settings);
  const { foregroundThreshold, backgroundThreshold, erodeSize } = settings;
  const { width, height } = mask;

  const count = mask.data.length;
  const foreground = new Uint8Array(count);
  const background = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    foreground[i] = mask.data[i]! > foregroundThreshold ? 1 : 0;
    background[i] = mask.data[i]! < backgroundThreshold ? 1 : 0;
  }
  erode(foreground, mask, erodeSize, 0);
  erode(background, mask, erodeSize, 1);

  const data = new Uint8Array(count).fill(trimapSample.unknown);
  for (let i = 0; i < count; i++) {
    if (foreground[i] === 1) data[i] = trimapSample.foreground;
    // Last, as in rembg: with overlapping thresholds the pixel is background.
    if (background[i] === 1) data[i] = trimapSample.background;
  }
  return { data, width, height, channels: 1 };
};
