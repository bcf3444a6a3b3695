import { base64 } from '../generated/resize.js';
import type { Raster } from '../raster.js';
import { tapPairs } from './tap-pairs.js';
import { openKernel, reserve } from './kernel.js';

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

  const sourcePitch = source.width * channels;
  const groups = Math.ceil(source.width / 8);
  const rowBytes = width * channels;
  const pitch = toSixteens(rowBytes) * 2;
  const ring = 2 ** Math.ceil(Math.log2(down.most + together / 2));

  const acrossAt = 0;
  const downAt = toSixteens(across.records.length);
  const turnedAt = downAt + toSixteens(down.records.length);
  const ringAt = turnedAt + groups * channels * 128;
  const lineAt = ringAt + ring * pitch;
  const rowsAt = lineAt + pitch;
  const end = rowsAt + together * sourcePitch + groups * 8 * channels + slack;
  if (end > mostBytes) return undefined;

  const memory = reserve(kernel, end);
  memory.set(across.records, acrossAt);
  memory.set(down.records, downAt);

  const data = new Uint8Array(rowBytes * height);
  let weighed = 0;
  for (let y = 0; y < height; y++) {
    for (; weighed < down.ends[y]!; weighed += together) {
      memory.set(source.data.subarray(weighed * sourcePitch, (weighed + together) * sourcePitch), rowsAt);
      kernel.turn(rowsAt, sourcePitch, groups, channels, turnedAt);
      const to = ringAt + ((weighed / 2) & (ring - 1)) * pitch;
      kernel.weighRows(turnedAt, channels, acrossAt, across.stride, width, to, pitch);
    }
    kernel.weighColumns(ringAt, pitch, ring - 1, downAt + y * down.stride, rowBytes, lineAt);
    data.set(memory.subarray(lineAt, lineAt + rowBytes), y * rowBytes);
  }

  return { data, width, height, channels };
};
