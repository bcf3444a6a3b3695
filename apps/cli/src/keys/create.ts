import { randomBytes } from 'node:crypto';
import { createKey, putKey } from '#database';
import { print, type Command } from '../command.js';
import { readName, type World } from './command.js';
import { KeyError } from './key-error.js';

const usage = `Usage: npx clearcut keys create <name> [--replace]

Makes a key and prints it. It is shown this once: the database keeps its beginning and its hash.

  --replace   where the name has a key, or had one, replace it; tasks and images stay with the name
`;

const newKey = (): string => `cc_${randomBytes(32).toString('base64url')}`;

export const create: Command<World> = {
  usage,
  run: async ({ database }, args) => {
    const { name, on } = readName(args, ['replace'], usage);
    const key = newKey();
    if (on('replace')) await putKey(database, name, key);
    else if (!(await createKey(database, name, key)))
      throw new KeyError(`There is a key ${name} already: choose another name, or add --replace.`);
    print(`${key}\n`);
  },
};
