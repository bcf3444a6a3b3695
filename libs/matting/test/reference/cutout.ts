import type { Raster } from '../../src/raster.js';

/** a × b / 255, rounded as Pillow's MULDIV255 rounds it. */
const multiply = (a: number, b: number): number => {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
};

/** The bytes of `cutout` in a plain loop; photo and mask fit each other. */
export const cutReference = ({ data: source, channels }: Raster, { data: shares }: Raster): Uint8Array => {
  const opaque = channels === 3;
  const data = new Uint8Array(shares.length * 4);

  for (let i = 0, from = 0, to = 0; i < shares.length; i++, from += channels, to += 4) {
    const alpha = opaque ? shares[i]! : multiply(source[from + 3]!, shares[i]!);
    if (alpha === 0) continue;
    data[to] = source[from]!;
    data[to + 1] = source[from + 1]!;
    data[to + 2] = source[from + 2]!;
    data[to + 3] = alpha;
  }

  return data;
};
