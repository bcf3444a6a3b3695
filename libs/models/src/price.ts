import type { Model } from './model.js';

/** What alpha matting adds: each begun `pixels` of the unknown pixels that it solved cost `usd`. */
const mattingPrice = { pixels: 100_000, usd: '0.0001' } as const;

/** Digits behind the point of all prices, as the database keeps them. */
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
 * USD for one image, as decimal text of six digits: the model's price, and that of the unknown pixels that alpha
 * matting solved. Computed in millionths, so that it is the same everywhere.
 *
 * @param unknownPixels 0 without matting
 */
export const costOf = ({ price }: Pick<Model, 'price'>, unknownPixels: number): string => {
  const steps = BigInt(Math.ceil(unknownPixels / mattingPrice.pixels));
  return toText(toMicros(price) + steps * toMicros(mattingPrice.usd));
};
