import type { Raster } from '../raster.js';
import type { Span } from '../lanczos.js';
import { resizeLanczos, type Window } from '../resize.js';
import type { Box } from './box.js';
import { alphaOf, boxOf } from './subject.js';

/** A raster, and where its upper left corner is on the canvas. */
export type Placed = { readonly raster: Raster; readonly x: number; readonly y: number };

export const crop = (
  { data: from, width: pitch, channels }: Raster,
  { x, y, width, height }: Box,
): Raster => {
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * pitch + x) * channels;
    data.set(from.subarray(start, start + width * channels), row * width * channels);
  }
  return { data, width, height, channels };
};

const premultiply = (raster: Raster): Raster => {
  const data = raster.data.slice();
  for (let i = 0; i < data.length; i += 4)
    for (let c = 0; c < 3; c++) data[i + c] = Math.round((data[i + c]! * data[i + 3]!) / 255);
  return { ...raster, data };
};

/** In place. */
const unpremultiply = (raster: Raster): Raster => {
  const { data } = raster;
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < 3; c++) data[i + c] = Math.min(255, Math.round((data[i + c]! * 255) / alpha));
  }
  return raster;
};

/** A raster at another size. Transparent pixels do not bleed into the others. */
export const scaled = (raster: Raster, width: number, height: number, window?: Window): Raster => {
  if (!window && raster.width === width && raster.height === height) return raster;
  if (raster.channels !== 4) return resizeLanczos(raster, width, height, window);
  return unpremultiply(resizeLanczos(premultiply(raster), width, height, window));
};

/** Whole pixels of one side of the canvas, and the part of the source that they show. */
type Shown = {
  readonly at: number;
  readonly length: number;
  readonly span: Span;
  /** Pixels of the source that count for them. */
  readonly from: number;
  readonly to: number;
};

type Side = {
  /** Of the source. */
  readonly pixels: number;
  /** Of the canvas. */
  readonly limit: number;
  /** The first visible pixel of the source, and the one after the last. */
  readonly content: readonly [number, number];
  /** Where the subject begins and how long it is, in the source and on the canvas. */
  readonly source: readonly [number, number];
  readonly target: readonly [number, number];
};

/** The reach of the filter, in pixels of the smaller picture. */
const REACH = 4;

const showSide = ({ pixels, limit, content, source, target }: Side): Shown | undefined => {
  const scale = target[1] / source[1];
  const toCanvas = (at: number) => target[0] + (at - source[0]) * scale;
  const toSource = (at: number) => source[0] + (at - target[0]) / scale;
  const at = Math.max(0, Math.floor(toCanvas(content[0])));
  const length = Math.min(limit, Math.ceil(toCanvas(content[1]))) - at;
  if (length <= 0) return undefined;
  const [first, last] = [toSource(at), toSource(at + length)];
  const reach = Math.ceil(REACH * Math.max(1, 1 / scale));
  const from = Math.max(0, Math.floor(first) - reach);
  const to = Math.min(pixels, Math.ceil(last) + reach);
  return { at, length, span: { from: first - from, length: last - first }, from, to };
};

type Places = {
  /** The subject in the cutout. */
  readonly source: Box;
  /** Where it comes to lie. */
  readonly target: Box;
  readonly canvas: { readonly width: number; readonly height: number };
};

const isUnscaled = ({ source, target }: Places) =>
  source.width === target.width && source.height === target.height;

/**
 * Scales the cutout so that its subject fills the target exactly. Only what the canvas shows is scaled, and what hangs
 * around the subject comes along.
 *
 * @returns undefined when the canvas shows nothing of it
 */
export const placeSubject = (cut: Raster, places: Places): Placed | undefined => {
  const { source, target, canvas } = places;
  const content = boxOf(alphaOf(cut), cut.width, 1);
  if (!content) return undefined;
  const across = showSide({
    pixels: cut.width,
    limit: canvas.width,
    content: [content.x, content.x + content.width],
    source: [source.x, source.width],
    target: [target.x, target.width],
  });
  const down = showSide({
    pixels: cut.height,
    limit: canvas.height,
    content: [content.y, content.y + content.height],
    source: [source.y, source.height],
    target: [target.y, target.height],
  });
  if (!across || !down) return undefined;
  const place = { x: across.at, y: down.at };
  if (isUnscaled(places)) {
    const [x, y] = [across.from + across.span.from, down.from + down.span.from];
    return { raster: crop(cut, { x, y, width: across.length, height: down.length }), ...place };
  }
  const [width, height] = [across.to - across.from, down.to - down.from];
  const area = crop(cut, { x: across.from, y: down.from, width, height });
  const window = { across: across.span, down: down.span };
  return { raster: scaled(area, across.length, down.length, window), ...place };
};
