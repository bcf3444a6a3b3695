import { z } from 'zod';

/** Pixels of the canvas, plus a share of its shorter side. */
export const Length = z.object({ px: z.number(), share: z.number() });
export type Length = z.infer<typeof Length>;

const SPELLING = /^([+-]?\d+(?:\.\d+)?)(px|%)?$/;

/** @throws RangeError for a text that is no length */
export const toLength = (sent: number | string): Length => {
  const [, number, unit] = SPELLING.exec(`${sent}`.trim()) ?? [];
  if (number === undefined) throw new RangeError(`${sent} is no length`);
  return unit === '%' ? { px: 0, share: Number(number) / 100 } : { px: Number(number), share: 0 };
};

type Bounds = {
  /** The least in both units. */
  readonly least: 0 | 'negative';
  readonly mostPx: number;
  readonly mostPercent: number;
};

/** A length as callers send it: a number of pixels, or a text such as "40px" or "5%". */
export const lengthOf = ({ least, mostPx, mostPercent }: Bounds) => {
  const isInside = (sent: number | string) => {
    // The pattern says what is wrong with such a text.
    if (!SPELLING.test(`${sent}`)) return false;
    const { px, share } = toLength(sent);
    const signs = least === 0 ? px >= 0 && share >= 0 : true;
    return signs && Math.abs(px) <= mostPx && Math.abs(share) * 100 <= mostPercent;
  };
  const from = least === 0 ? '0' : `-${mostPx}`;
  const words = `must be pixels from ${from} to ${mostPx}, such as 40, or at most ${mostPercent}% of the canvas's shorter side, such as "2%"`;
  return z.union([
    z.string().regex(SPELLING, words).refine(isInside, words),
    z.number().refine(isInside, words),
  ]);
};

/** In pixels of a canvas. */
export const pixelsOf = (
  { px, share }: Length,
  canvas: { readonly width: number; readonly height: number },
) => px + share * Math.min(canvas.width, canvas.height);
