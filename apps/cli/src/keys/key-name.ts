import { KeyName } from '#database';
import type { ParseArgsConfig } from 'node:util';
import { readArguments, UsageError } from '../command.js';

/** A command that does not fit the existing keys. The message is one sentence. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

/** @throws UsageError when it is no name of a key */
export const requireName = (name: string, usage: string): string => {
  if (KeyName.safeParse(name).success) return name;
  throw new UsageError('A name has up to 63 letters, digits, dots, dashes, underscores and @.', usage);
};

/** Reads the name of one key and options. */
export const readName = <O extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: O,
  usage: string,
) => {
  const { values, positionals } = readArguments(args, options, usage);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('Name one key, such as shop.', usage);
  return { name: requireName(name, usage), values };
};
