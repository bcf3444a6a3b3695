import { readServiceConfig } from '#config';
import { openDatabase } from '#database';
import { runGroup, type Group } from '../command.js';
import type { World } from './command.js';
import { create } from './create.js';
import { list } from './list.js';
import { revoke } from './revoke.js';

const usage = `Usage: npx clearcut keys <command> [options]

  create   make a key and show it, once
  list     the names and beginnings of the keys, and when each was used
  revoke   accept a key no longer

They work on the database that DATABASE_URL names.
`;

const keys: Group<World> = {
  name: 'keys',
  usage,
  commands: { create, list, revoke },
  within: async (work) => {
    const database = openDatabase(readServiceConfig().DATABASE_URL);
    try {
      await work({ database });
    } finally {
      await database.$disconnect();
    }
  },
};

/**
 * `npx clearcut keys …`
 *
 * @throws UsageError, KeyError, and what makes the environment or the database unusable
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(keys, args);
