import type { Database } from '#database';
import { readArguments } from '../command.js';
import { UsageError } from '../usage-error.js';

/** What a command on keys may know of the world. */
export type World = { readonly database: Database };

/** Letters, digits and what commonly joins them, so that a name can stand in a log, a label and a table. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,62}$/u;

/** Reads the arguments of a command that takes the name of one key, and one switch at most. */
export const readName = (args: readonly string[], switches: readonly string[], usage: string) => {
  const options = Object.fromEntries(switches.map((name) => [name, { type: 'boolean' } as const]));
  const { values, positionals } = readArguments(args, options, usage);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('Name one key, such as shop.', usage);
  if (!NAME.test(name))
    throw new UsageError('A name has up to 63 letters, digits, dots, dashes, underscores and @.', usage);

  return { name, on: (option: string) => values[option] === true };
};
