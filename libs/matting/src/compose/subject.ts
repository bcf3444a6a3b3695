import { requireChannels, requireRaster, type Raster } from '../raster.js';
import type { Box } from './box.js';
import { largestPart, partsOf } from './runs.js';

export type Trim = {
  /** Alpha from which a pixel belongs to the subject, 1…255. */
  readonly threshold: number;
  readonly part: 'all' | 'largest' | 'none';
};

/** A cutout or its mask, and where its subject is; null when no pixel reaches the threshold. */
export type Subject = { readonly raster: Raster; readonly box: Box | null };

/** The alpha of a cutout, or the mask itself. */
export const alphaOf = ({ data, channels }: Raster): Uint8Array => {
  if (channels === 1) return data;
  const alpha = new Uint8Array(data.length / 4);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[i * 4 + 3]!;
  return alpha;
};

/** The box around all samples that reach a threshold. */
export const boxOf = (alpha: Uint8Array, width: number, least: number): Box | null => {
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (let start = 0, y = 0; start < alpha.length; start += width, y++) {
    let x = 0;
    while (x < width && alpha[start + x]! < least) x++;
    if (x === width) continue;
    if (top < 0) top = y;
    bottom = y;
    left = Math.min(left, x);
    let last = width - 1;
    while (alpha[start + last]! < least) last--;
    right = Math.max(right, last);
  }
  return top < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
};

/** Marks the samples that stay: the largest part, and fainter ones that hang on it. */
const keptBy = (alpha: Uint8Array, width: number, least: number): Uint8Array => {
  const strong = partsOf(alpha, width, least);
  const largest = largestPart(strong);
  const kept = new Uint8Array(alpha.length);
  const others = new Uint8Array(alpha.length);
  for (let i = 0; i < strong.runs.count; i++)
    (strong.partOf(i) === largest ? kept : others).fill(1, strong.runs.begins[i], strong.runs.ends[i]);

  const { runs, partOf } = partsOf(alpha, width, 1);
  const holds = new Uint8Array(runs.count);
  for (let i = 0; i < runs.count; i++)
    if (kept.subarray(runs.begins[i], runs.ends[i]).includes(1)) holds[partOf(i)] = 1;
  for (let i = 0; i < runs.count; i++) {
    if (holds[partOf(i)] === 0) continue;
    for (let at = runs.begins[i]!; at < runs.ends[i]!; at++) if (others[at] === 0) kept[at] = 1;
  }
  return kept;
};

const erase = ({ data: from, channels, ...size }: Raster, kept: Uint8Array): Raster => {
  const data = from.slice();
  for (let i = 0; i < kept.length; i++) if (kept[i] === 0) data.fill(0, i * channels, (i + 1) * channels);
  return { data, channels, ...size };
};

/**
 * Finds the subject of a cutout.
 *
 * @param cut RGBA, or a mask of one channel
 * @throws RangeError when it is neither, or does not fill its geometry
 */
export const findSubject = (cut: Raster, { threshold, part }: Trim): Subject => {
  requireRaster(cut);
  requireChannels(cut, [1, 4]);
  const { width, height } = cut;
  const alpha = alphaOf(cut);
  const box = boxOf(alpha, width, threshold);
  if (!box) return { raster: cut, box };
  if (part === 'none') return { raster: cut, box: { x: 0, y: 0, width, height } };
  if (part === 'all') return { raster: cut, box };
  const raster = erase(cut, keptBy(alpha, width, threshold));
  return { raster, box: boxOf(alphaOf(raster), width, threshold) };
};
