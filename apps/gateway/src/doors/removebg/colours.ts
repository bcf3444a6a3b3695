import { invalid } from '../parameters.js';

/** The sixteen colours of HTML 4, and orange. */
const named: Readonly<Record<string, string>> = {
  aqua: '00ffff',
  black: '000000',
  blue: '0000ff',
  fuchsia: 'ff00ff',
  gray: '808080',
  green: '008000',
  lime: '00ff00',
  maroon: '800000',
  navy: '000080',
  olive: '808000',
  orange: 'ffa500',
  purple: '800080',
  red: 'ff0000',
  silver: 'c0c0c0',
  teal: '008080',
  white: 'ffffff',
  yellow: 'ffff00',
};

/**
 * Red, green, blue and an alpha of 0 … 1, for `81d4fa`, `fff`, `81d4fa77` or a name.
 *
 * @throws TaskError
 */
export const colourOf = (parameter: string, text: string): readonly [number, number, number, number] => {
  const name = text.toLowerCase();
  const digits = (Object.hasOwn(named, name) ? named[name] : undefined) ?? name.replace(/^#/, '');
  const long = /^[\da-f]{3,4}$/.test(digits) ? digits.replaceAll(/./g, '$&$&') : digits;
  if (!/^([\da-f]{6}|[\da-f]{8})$/.test(long))
    throw invalid(
      parameter,
      `it must be a colour such as 81d4fa, fff, 81d4fa77 or one of ${Object.keys(named).join(', ')}`,
    );
  const [red = 0, green = 0, blue = 0, alpha = 255] = [...Buffer.from(long, 'hex')];
  return [red, green, blue, alpha / 255];
};
