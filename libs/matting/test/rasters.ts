import fc from 'fast-check';
import type { Raster } from '../src/raster.js';

/** A raster from a literal list of samples. */
export const raster = (
  width: number,
  height: number,
  channels: Raster['channels'],
  samples: number[],
): Raster => ({
  width,
  height,
  channels,
  data: Uint8Array.from(samples),
});

/** The same bytes at every call. */
export const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);

/** Sides that meet both kinds of row, those that fill whole words and those that do not. */
export const anySide = fc.integer({ min: 1, max: 24 });

/** Noise, or 0 and 255 alone: the samples that make a filter overshoot the most. */
const anySamples = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc
      .array(fc.constantFrom(0, 255), { minLength: length, maxLength: length })
      .map((list) => Uint8Array.from(list)),
  );

export const anyRasterOf = (
  width: number,
  height: number,
  channels: Raster['channels'],
): fc.Arbitrary<Raster> =>
  anySamples(width * height * channels).map((data) => ({ data, width, height, channels }));

export const anyRaster = (...channels: Raster['channels'][]): fc.Arbitrary<Raster> =>
  fc
    .tuple(anySide, anySide, fc.constantFrom(...channels))
    .chain(([width, height, count]) => anyRasterOf(width, height, count));
