import { lanczosTaps } from '../lanczos.js';
import { weigh } from './lanes.js';
import type { Raster } from '../raster.js';
import { emptySheet, type Sheet, toFours, toRaster, toSheet } from './sheet.js';

/** Packs rows `y` to `y + 3`, one byte of each per word; below the image its last row is repeated. */
const packRows = ({ data, height }: Raster, y: number, words: Int32Array): void => {
  const rowBytes = words.length;
  const last = (height - 1) * rowBytes;
  const row0 = y * rowBytes;
  const row1 = Math.min(row0 + rowBytes, last);
  const row2 = Math.min(row1 + rowBytes, last);
  const row3 = Math.min(row2 + rowBytes, last);

  for (let x = 0; x < rowBytes; x++) {
    words[x] = data[row0 + x]! | (data[row1 + x]! << 8) | (data[row2 + x]! << 16) | (data[row3 + x]! << 24);
  }
};

const resizeRows = (source: Raster, width: number): Sheet => {
  const { channels, height } = source;
  const sheet = emptySheet(width * channels, toFours(height));
  const taps = lanczosTaps(source.width, width);
  const words = new Int32Array(source.width * channels);
  const lanes = {
    words,
    step: channels,
    taps,
    target: sheet.bytes,
    spread: sheet.pitch,
    run: channels,
    advance: 1,
  };

  for (let y = 0; y < height; y += 4) {
    packRows(source, y, words);
    const to = y * sheet.pitch;
    for (let x = 0; x < width; x++) weigh(lanes, x, taps.first[x]! * channels, to + x * channels);
  }

  return sheet;
};

/** Reads four bytes of a row as one word, which takes a little-endian machine. */
const resizeColumns = ({ bytes, pitch }: Sheet, sourceHeight: number, height: number): Sheet => {
  const sheet = emptySheet(pitch, height);
  const taps = lanczosTaps(sourceHeight, height);
  const step = pitch / 4;
  const words = new Int32Array(bytes.buffer);
  const lanes = { words, step, taps, target: sheet.bytes, spread: 1, run: step, advance: 4 };

  for (let y = 0; y < height; y++) weigh(lanes, y, taps.first[y]! * step, y * pitch);

  return sheet;
};

/** `resizeLanczos` in plain TypeScript, where there is no SIMD; the source is valid. */
export const resizePlain = (source: Raster, width: number, height: number): Raster => {
  const rows = width === source.width ? toSheet(source) : resizeRows(source, width);
  const both = height === source.height ? rows : resizeColumns(rows, source.height, height);

  return toRaster(both, { width, height, channels: source.channels });
};
