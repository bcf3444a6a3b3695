/** Interleaved 8-bit pixels, row by row. */
export type Raster = {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
};

/** Throws RangeError unless both sides are whole numbers of at least one pixel. */
export const requireSize = (width: number, height: number): void => {
  if (Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0) return;
  throw new RangeError(`a raster cannot measure ${width}×${height} pixels`);
};

/** Throws RangeError unless the bytes fill the raster's geometry exactly. */
export const requireRaster = ({ data, width, height, channels }: Raster): void => {
  requireSize(width, height);

  const expected = width * height * channels;
  if (data.length === expected) return;
  throw new RangeError(
    `a raster of ${width}×${height} pixels with ${channels} channels takes ${expected} bytes, not ${data.length}`,
  );
};

/** Throws RangeError unless the raster has one of the channel counts listed. */
export const requireChannels = ({ channels }: Raster, allowed: readonly number[]): void => {
  if (allowed.includes(channels)) return;
  throw new RangeError(`a raster of ${channels} channels cannot stand for one of ${allowed.join(' or ')}`);
};
