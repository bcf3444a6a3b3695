import { revokeKey } from '#database';
import { print, type Command } from '../command.js';
import { readName, type World } from './command.js';
import { KeyError } from './key-error.js';

const usage = `Usage: npx clearcut keys revoke <name>

Requests with this key are refused from now on. Tasks that were accepted are finished.
`;

export const revoke: Command<World> = {
  usage,
  run: async ({ database }, args) => {
    const { name } = readName(args, [], usage);
    if (!(await revokeKey(database, name))) throw new KeyError(`There is no key ${name} that is accepted.`);
    print(`revoked  ${name}\n`);
  },
};
