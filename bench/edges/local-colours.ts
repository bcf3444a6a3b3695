import type { Raster } from '#matting';
import sharp from 'sharp';

/** σ of the neighbourhood in pixels. */
const SIGMA = 12;

const blurred = ({ data, width, height, channels }: Raster): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels } }).blur(SIGMA).raw().toBuffer();

/**
 * The mean colour around each pixel of those that `counts` names.
 * @returns RGB of the photo's size; black where none is near
 */
export const localColours = async (photo: Raster, counts: (i: number) => boolean): Promise<Uint8Array> => {
  const pixels = photo.width * photo.height;
  const weights = Uint8Array.from({ length: pixels }, (_, i) => (counts(i) ? 255 : 0));
  const kept = photo.data.map((value, at) => (weights[Math.floor(at / 3)]! > 0 ? value : 0));
  const [sums, shares] = await Promise.all([
    blurred({ ...photo, data: kept }),
    blurred({ ...photo, data: photo.data.map((_, at) => weights[Math.floor(at / 3)]!) }),
  ]);
  return Uint8Array.from(sums, (sum, at) => (shares[at]! > 0 ? Math.min(255, (255 * sum) / shares[at]!) : 0));
};
