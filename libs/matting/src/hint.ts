import { requireSameSize } from './alpha.js';
import { type Raster, requireChannels, requireRaster, requireSize } from './raster.js';

/** Samples of a hint. */
export const opinion = { none: 0, erase: 1, solve: 2, keep: 3 } as const;

/** The least opacity of a pixel with an opinion. The soft rim of a stroke below it has none. */
const leastOpacity = 128;
/** Closed-form matting takes these greys of a trimap as certain. */
const certain = { keep: 230, erase: 25 } as const;

const opinionOf = ({ data, channels }: Raster, pixel: number): number => {
  const at = pixel * channels;
  if (channels === 4 && data[at + 3]! < leastOpacity) return opinion.none;
  const grey = (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
  if (grey >= certain.keep) return opinion.keep;
  return grey <= certain.erase ? opinion.erase : opinion.solve;
};

/**
 * What a drawn hint says of each pixel of a photo: white keeps, black erases, other colours solve, and transparency has no
 * opinion. A hint of another size is scaled by its nearest pixels, so that strokes stay exact.
 *
 * @param picture RGB or RGBA
 * @throws RangeError when the picture has other channels or does not fill its geometry, or the size is none
 */
export const toHint = (picture: Raster, width: number, height: number): Raster => {
  requireRaster(picture);
  requireChannels(picture, [3, 4]);
  requireSize(width, height);
  const data = new Uint8Array(width * height);
  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.floor(((x + 0.5) * picture.width) / width),
  );
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * picture.height) / height) * picture.width;
    for (let x = 0; x < width; x++, i++) data[i] = opinionOf(picture, row + columns[x]!);
  }
  return { data, width, height, channels: 1 };
};

/** Whether a hint has an opinion on any pixel. */
export const hasOpinion = ({ data }: Raster): boolean => data.some((sample) => sample !== opinion.none);

const isStroke = (sample: number): boolean => sample === opinion.keep || sample === opinion.erase;

/** For each pixel, the distance to the nearest stroke above or below; `far` for all that are as far or farther. */
const columnDistances = ({ data, width }: Raster, far: number): Uint8Array => {
  const to = new Uint8Array(data.length);
  for (let i = 0; i < to.length; i++) {
    const above = i < width ? far : to[i - width]! + 1;
    to[i] = isStroke(data[i]!) ? 0 : Math.min(far, above);
  }
  for (let i = to.length - width - 1; i >= 0; i--) to[i] = Math.min(to[i]!, to[i + width]! + 1);
  return to;
};

/** Marks the pixels of a row that a disc around any stroke covers. */
const markRow = (distances: Uint8Array, reaches: Int32Array, row: Uint8Array): void => {
  const mark = (x: number) => {
    if (row[x] === opinion.none) row[x] = opinion.solve;
  };
  for (let x = 0, end = -1; x < row.length; x++) {
    end = Math.max(end, x + reaches[distances[x]!]!);
    if (x <= end) mark(x);
  }
  for (let x = row.length - 1, end = row.length; x >= 0; x--) {
    end = Math.min(end, x - reaches[distances[x]!]!);
    if (x >= end) mark(x);
  }
};

/**
 * The hint with a round band around its strokes that is to be solved. Pixels that have an opinion keep it.
 *
 * @param radius of the band, in whole pixels up to 254
 */
export const withBand = (hint: Raster, radius: number): Raster => {
  if (radius === 0) return hint;
  const { width, height } = hint;
  const distances = columnDistances(hint, radius + 1);
  // A pixel without a stroke in its column reaches nothing, not even itself.
  const reaches = Int32Array.from({ length: radius + 2 }, (_, far) =>
    far > radius ? -1 : Math.floor(Math.sqrt(radius ** 2 - far ** 2)),
  );
  const data = hint.data.slice();
  for (let y = 0; y < height; y++) {
    const [from, to] = [y * width, (y + 1) * width];
    markRow(distances.subarray(from, to), reaches, data.subarray(from, to));
  }
  return { ...hint, data };
};

/**
 * The mask with the strokes in it: 255 where the hint keeps, 0 where it erases.
 *
 * @throws RangeError when mask and hint differ in size
 */
export const withStrokes = (mask: Raster, hint: Raster): Raster => {
  requireSameSize('a hint', hint, mask);
  const data = mask.data.slice();
  for (let i = 0; i < data.length; i++) {
    if (hint.data[i] === opinion.keep) data[i] = 255;
    else if (hint.data[i] === opinion.erase) data[i] = 0;
  }
  return { ...mask, data };
};

/**
 * A trimap with the opinions of a hint in it, which win.
 *
 * @param trimap 0, 128 and 255
 */
export const hintedTrimap = (trimap: Raster, hint: Raster): Raster => {
  const { data, ...geometry } = withStrokes(trimap, hint);
  for (let i = 0; i < data.length; i++) if (hint.data[i] === opinion.solve) data[i] = 128;
  return { data, ...geometry };
};

/** Each pixel of a mask as subject or background, whichever is nearer. */
export const nearestSide = (mask: Raster): Raster => ({
  ...mask,
  data: mask.data.map((sample) => (sample < 128 ? 0 : 255)),
});
