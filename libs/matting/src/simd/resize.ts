import { base64 } from '../generated/resize.js';
import type { Raster } from '../raster.js';
import { openKernel, reserve } from './kernel.js';
import { type TapPairs, tapPairs } from './tap-pairs.js';

/** The functions of assembly/resize.ts; what is not a count is an address. */
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

export const resizeKernel = openKernel<Functions>(base64);

/** Rows that go through the first pass together. */
const together = 8;
/** A vector may be read or written from the last byte of its area on. */
const slack = 16;
/** What a resize may hold at most; a photo of 100 megapixels takes a twentieth of it. */
const mostBytes = 64 * 2 ** 20;

const toSixteens = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Where everything lies in the kernel's memory, in bytes, for rows of `rowBytes` and what they are resized to. */
const layOut = (source: Raster, rowBytes: number, [across, down]: readonly [TapPairs, TapPairs]) => {
  const sourcePitch = source.width * source.channels;
  const groups = Math.ceil(source.width / 8);
  const pitch = toSixteens(rowBytes) * 2;
  // Besides the pairs of a window, those of the same eight rows as its last.
  const ring = 2 ** Math.ceil(Math.log2(down.most + together / 2));

  const acrossAt = 0;
  const downAt = toSixteens(across.records.length);
  const turnedAt = downAt + toSixteens(down.records.length);
  const ringAt = turnedAt + groups * source.channels * 128;
  const lineAt = ringAt + ring * pitch;
  const rowsAt = lineAt + pitch;
  const end = rowsAt + together * sourcePitch + groups * 8 * source.channels + slack;

  return { sourcePitch, groups, pitch, ring, acrossAt, downAt, turnedAt, ringAt, lineAt, rowsAt, end };
};

/**
 * `resizeLanczos` in WebAssembly; the source is valid. Eight rows at a time are copied in and weighed into a ring,
 * which holds the rows that the next row of the result is made of. Undefined when that ring would be too large: of a
 * picture shrunk to a few rows.
 */
export const resizeSimd = (
  kernel: NonNullable<typeof resizeKernel>,
  source: Raster,
  width: number,
  height: number,
): Raster | undefined => {
  const { channels } = source;
  const across = tapPairs(source.width, width);
  const down = tapPairs(source.height, height);
  const rowBytes = width * channels;
  const at = layOut(source, rowBytes, [across, down]);
  if (at.end > mostBytes) return undefined;

  const memory = reserve(kernel, at.end);
  memory.set(across.records, at.acrossAt);
  memory.set(down.records, at.downAt);

  const weighEight = (row: number): void => {
    const from = row * at.sourcePitch;
    memory.set(source.data.subarray(from, from + together * at.sourcePitch), at.rowsAt);
    kernel.turn(at.rowsAt, at.sourcePitch, at.groups, channels, at.turnedAt);
    const to = at.ringAt + ((row / 2) & (at.ring - 1)) * at.pitch;
    kernel.weighRows(at.turnedAt, channels, at.acrossAt, across.stride, width, to, at.pitch);
  };

  const data = new Uint8Array(rowBytes * height);
  for (let y = 0, weighed = 0; y < height; y++) {
    for (; weighed < down.ends[y]!; weighed += together) weighEight(weighed);
    kernel.weighColumns(at.ringAt, at.pitch, at.ring - 1, at.downAt + y * down.stride, rowBytes, at.lineAt);
    data.set(memory.subarray(at.lineAt, at.lineAt + rowBytes), y * rowBytes);
  }

  return { data, width, height, channels };
};
