import { base64 } from './generated/resize.js';
import { kernelOf, reserve } from './kernel.js';
import { type Raster, requireRaster, requireSize } from './raster.js';
import type { Span } from './lanczos.js';
import { type TapPairs, tapPairs } from './tap-pairs.js';

/** The functions of assembly/resize.ts; arguments that are no counts are addresses. */
type Functions = {
  turn: (rows: number, pitch: number, groups: number, channels: number, to: number) => void;
  weighRows: (
    ...all: [
      turned: number,
      channels: number,
      taps: number,
      stride: number,
      targets: number,
      to: number,
      pitch: number,
    ]
  ) => void;
  weighColumns: (
    ...all: [pairs: number, pitch: number, mask: number, record: number, bytes: number, to: number]
  ) => void;
};

const openKernel = kernelOf<Functions>(base64);

/** Rows that go through the first pass together. */
const together = 8;
/** A vector may be read or written from the last byte of its area on. */
const slack = 16;
/** The ring may take as much; a photo of 100 megapixels shrunk to 1024² takes a fiftieth of it. */
const mostRingBytes = 64 * 2 ** 20;

const toSixteens = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** The layout of the kernel's memory, in bytes. A picture whose ring is too large is made in several strips. */
const layOut = (source: Raster, width: number, across: TapPairs, down: TapPairs) => {
  const { channels } = source;
  const sourcePitch = source.width * channels;
  const groups = Math.ceil(source.width / 8);
  // Besides the pairs of a window, the ring holds those of the same eight rows as its last.
  const ring = 2 ** Math.ceil(Math.log2(down.most + together / 2));
  const mostRowBytes = Math.max(16, Math.floor(mostRingBytes / ring / 32) * 16);
  const columns = Math.min(width, Math.floor(mostRowBytes / channels));
  const pitch = toSixteens(columns * channels) * 2;

  const acrossAt = 0;
  const downAt = toSixteens(across.records.length);
  const turnedAt = downAt + toSixteens(down.records.length);
  const ringAt = turnedAt + groups * channels * 128;
  const lineAt = ringAt + ring * pitch;
  const rowsAt = lineAt + pitch;
  const end = rowsAt + together * sourcePitch + groups * 8 * channels + slack;

  return {
    sourcePitch,
    groups,
    columns,
    pitch,
    ring,
    acrossAt,
    downAt,
    turnedAt,
    ringAt,
    lineAt,
    rowsAt,
    end,
  };
};

/** The part of a raster that is resized, like `box` of Pillow. It need not begin or end with a pixel. */
export type Window = { readonly across: Span; readonly down: Span };

/** Eight rows at a time are weighed into a ring, which holds the rows that the next row of the result is made of. */
const resize = (source: Raster, width: number, height: number, window?: Window): Raster => {
  const { channels } = source;
  const across = tapPairs(source.width, width, window?.across);
  const down = tapPairs(source.height, height, window?.down);
  const at = layOut(source, width, across, down);

  const kernel = openKernel();
  const memory = reserve(kernel.memory, at.end);
  memory.set(across.records, at.acrossAt);
  memory.set(down.records, at.downAt);

  const weighEight = (row: number, column: number, columns: number): void => {
    const from = row * at.sourcePitch;
    memory.set(source.data.subarray(from, from + together * at.sourcePitch), at.rowsAt);
    kernel.turn(at.rowsAt, at.sourcePitch, at.groups, channels, at.turnedAt);
    const taps = at.acrossAt + column * across.stride;
    const to = at.ringAt + ((row / 2) & (at.ring - 1)) * at.pitch;
    kernel.weighRows(at.turnedAt, channels, taps, across.stride, columns, to, at.pitch);
  };

  const data = new Uint8Array(width * height * channels);
  for (let column = 0; column < width; column += at.columns) {
    const columns = Math.min(at.columns, width - column);
    const bytes = columns * channels;
    for (let y = 0, weighed = 0; y < height; y++) {
      for (; weighed < down.ends[y]!; weighed += together) weighEight(weighed, column, columns);
      kernel.weighColumns(at.ringAt, at.pitch, at.ring - 1, at.downAt + y * down.stride, bytes, at.lineAt);
      data.set(memory.subarray(at.lineAt, at.lineAt + bytes), (y * width + column) * channels);
    }
  }

  return { data, width, height, channels };
};

/**
 * The raster at another size, byte for byte what Pillow's `Image.resize(size, LANCZOS)` gives up to version 12:
 * antialiased, rows first, rounded to 8 bits between the axes; an axis that keeps its size is left alone. (From
 * version 13 on Pillow takes the columns first where the height shrinks much more than the width.) Channels are
 * independent of each other: Pillow premultiplies RGBA, this does not. The aspect ratio is not kept.
 *
 * Source: libImaging/Resample.c of Pillow 12.
 *
 * @param width of the result in pixels
 * @param height of the result in pixels
 * @param window all of the source by default
 * @throws RangeError when a size is not a positive whole number or the data do not fill the source's geometry
 */
export const resizeLanczos = (source: Raster, width: number, height: number, window?: Window): Raster => {
  requireRaster(source);
  requireSize(width, height);
  // A copy as well, so that the result is never in the source's memory.
  if (!window && width === source.width && height === source.height)
    return { ...source, data: new Uint8Array(source.data) };
  return resize(source, width, height, window);
};
