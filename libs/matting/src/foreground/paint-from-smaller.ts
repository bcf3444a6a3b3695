import type { Alpha } from '../alpha.js';
import type { Raster } from '../raster.js';
import { nearest, visibility } from './layers.js';

/** The colours of some pixels of a smaller picture, ascending; four numbers each. */
type Estimate = {
  readonly size: { readonly width: number; readonly height: number };
  readonly pixels: Int32Array;
  readonly fore: Float32Array;
  readonly back: Float32Array;
};

/** Weight of the smaller size's estimate: that of four neighbours in the kernel. */
const pull = 4e-5;

/**
 * The colours of mixed pixels from an estimate at a smaller size. Each colour changes by the least that explains the
 * photo, I = α F + (1 − α) B. Neighbours are ignored.
 *
 * @param kinds the visibility of each pixel
 */
export const paintFromSmaller = (
  to: Uint8Array,
  { data, channels, width, height }: Raster,
  alpha: Alpha,
  kinds: Uint8Array,
  { size, pixels, fore, back }: Estimate,
): void => {
  const columns = nearest(width, size.width);
  const rows = nearest(height, size.height);
  const numberOf = new Int32Array(size.width * size.height);
  for (let i = 0; i < pixels.length; i++) numberOf[pixels[i]!] = i;
  for (let y = 0, i = 0; y < height; y++) {
    const row = rows[y]! * size.width;
    for (let x = 0; x < width; x++, i++) {
      if (kinds[i] !== visibility.mixed) continue;
      const share = alpha.data[i]!;
      const parent = numberOf[row + columns[x]!]! * 4;
      const rest = 1 - share;
      const scale = share / (share * share + rest * rest + pull);
      for (let c = 0; c < 3; c++) {
        const guess = fore[parent + c]!;
        const missing = data[i * channels + c]! / 255 - share * guess - rest * back[parent + c]!;
        to[i * 3 + c] = Math.min(1, Math.max(0, guess + scale * missing)) * 255 + 0.5;
      }
    }
  }
};
