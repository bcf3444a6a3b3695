import type { Metadata } from 'sharp';
import type { Format } from './formats.js';
import { hasPngDensity } from './png.js';

const X_RESOLUTION = 0x011a;
const RESOLUTION_UNIT = 0x0128;
const CENTIMETRE = 3;

/** The density of EXIF data in pixels per inch. libvips does not read that of a WEBP. */
const densityOfExif = (exif: Buffer): number | undefined => {
  const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const isLittle = tiff[0] === 0x49;
  const read = (at: number, bytes: 2 | 4): number => {
    if (at + bytes > tiff.length) return 0;
    return isLittle ? tiff.readUIntLE(at, bytes) : tiff.readUIntBE(at, bytes);
  };
  const directory = read(4, 4);
  const entryOf = (tag: number): number | undefined =>
    Array.from({ length: read(directory, 2) }, (_, i) => directory + 2 + 12 * i).find(
      (at) => read(at, 2) === tag,
    );
  const resolution = entryOf(X_RESOLUTION);
  if (resolution === undefined) return undefined;
  const value = read(resolution + 8, 4);
  const unit = entryOf(RESOLUTION_UNIT);
  const isMetric = unit !== undefined && read(unit + 8, 2) === CENTIMETRE;
  return (read(value, 4) / read(value + 4, 4)) * (isMetric ? 2.54 : 1);
};

/** The unit 0 means proportions only. */
const hasJfifUnit = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(6, 11)).toString('latin1') === 'JFIF\0' && bytes[13] !== 0;

/** libvips assumes 72 where a file states none, or proportions only. */
const isStated: Record<Format, (bytes: Uint8Array) => boolean> = {
  PNG: hasPngDensity,
  JPG: hasJfifUnit,
  WEBP: () => false,
};

/** Pixels per inch that a file states; undefined when it states none. */
export const densityOf = (
  format: Format,
  bytes: Uint8Array,
  { density, exif }: Pick<Metadata, 'density' | 'exif'>,
): number | undefined => {
  const found = isStated[format](bytes) ? density : exif && densityOfExif(exif);
  return found !== undefined && found >= 1 && found <= 65_535 ? Math.round(found) : undefined;
};
