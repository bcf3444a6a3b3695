import type { Raster } from '../raster.js';

/** The least multiple of four that is not below `n`. */
export const toFours = (n: number): number => Math.ceil(n / 4) * 4;

/**
 * Rows of bytes that begin at multiples of four, so that they can be read as words; the bytes and rows added
 * for that hold nothing of meaning.
 */
export type Sheet = {
  readonly bytes: Uint8ClampedArray;
  /** Bytes from one row to the next, a multiple of four. */
  readonly pitch: number;
};

export const emptySheet = (rowBytes: number, rows: number): Sheet => {
  const pitch = toFours(rowBytes);
  return { bytes: new Uint8ClampedArray(pitch * rows), pitch };
};

export const toSheet = ({ data, width, height, channels }: Raster): Sheet => {
  const rowBytes = width * channels;
  const sheet = emptySheet(rowBytes, height);
  for (let y = 0; y < height; y++) {
    sheet.bytes.set(data.subarray(y * rowBytes, (y + 1) * rowBytes), y * sheet.pitch);
  }
  return sheet;
};

/** The raster of the given geometry that the sheet holds; it shares the sheet's memory where it fits exactly. */
export const toRaster = ({ bytes, pitch }: Sheet, geometry: Omit<Raster, 'data'>): Raster => {
  const rowBytes = geometry.width * geometry.channels;
  const length = rowBytes * geometry.height;
  if (bytes.length === length) return { ...geometry, data: new Uint8Array(bytes.buffer) };

  const data = new Uint8Array(length);
  for (let y = 0; y < geometry.height; y++) {
    data.set(bytes.subarray(y * pitch, y * pitch + rowBytes), y * rowBytes);
  }
  return { ...geometry, data };
};
