import type { Model } from './model.js';

/** Alpha matting adds `usd` for every `pixels` solved unknown pixels or part of them. */
const mattingPrice = { pixels: 100_000, usd: '0.0001' } as const;

/** A composition adds `usd` for every `pixels` of its canvas or part of them. */
const canvasPrice = { pixels: 1_000_000, usd: '0.00005' } as const;

/** Decimals of all prices, as in the database. */
const DIGITS = 6;

const toMicros = (usd: string): bigint => {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole + fraction.slice(0, DIGITS).padEnd(DIGITS, '0'));
};

const toText = (micros: bigint): string => {
  const digits = `${micros}`.padStart(DIGITS + 1, '0');
  return `${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
};

const extraOf = (pixels: number, price: { readonly pixels: number; readonly usd: string }): bigint =>
  BigInt(Math.ceil(pixels / price.pixels)) * toMicros(price.usd);

/**
 * USD for one image, as text of six decimals: the model's price plus that of the unknown pixels that alpha matting
 * solved, and of the canvas. Computed in whole millionths, without rounding.
 *
 * @param unknownPixels 0 without matting
 * @param canvasPixels 0 without a composition
 */
export const costOf = ({ price }: Pick<Model, 'price'>, unknownPixels: number, canvasPixels = 0): string =>
  toText(toMicros(price) + extraOf(unknownPixels, mattingPrice) + extraOf(canvasPixels, canvasPrice));

/** The price of a result whose mask is that of a former one. */
export const withoutNetwork = { price: '0' } as const;
