import type { Model } from './model.js';

/** Alpha matting adds `usd` for every `pixels` solved unknown pixels or part of them. */
const mattingPrice = { pixels: 100_000, usd: '0.0001' } as const;

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

/**
 * USD for one image, as text of six decimals: the model's price plus that of the unknown pixels that alpha matting
 * solved. Computed in whole millionths, without rounding.
 *
 * @param unknownPixels 0 without matting
 */
export const costOf = ({ price }: Pick<Model, 'price'>, unknownPixels: number): string => {
  const steps = BigInt(Math.ceil(unknownPixels / mattingPrice.pixels));
  return toText(toMicros(price) + steps * toMicros(mattingPrice.usd));
};
