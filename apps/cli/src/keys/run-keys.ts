import { localKeyKept, readCatalogue, readConfig, readLocalKey } from '#config';
import {
  isSecretOf,
  limitKey,
  listKeys,
  newKey,
  revokeKey,
  rotateKey,
  type Database,
  type KeyFacts,
} from '#database';
import {
  print,
  readArguments,
  runGroup,
  table,
  UsageError,
  type Command,
  type Group,
  type Help,
} from '../command.js';
import { withDatabase } from '../database.js';
import { create } from './create.js';
import { KeyError, readName } from './key-name.js';
import { limitOptions, limitUsage, readLimits, toSeconds, type World } from './key-options.js';
import { limitsOf, moment } from './show-key.js';
import { showUsage } from './show-usage.js';

const listUsage = `Usage: npx clearcut keys list [--json]

Lists all keys by name, owner and first characters, and what each may use. LAST USED is accurate to the minute.
`;

const head = ['NAME', 'KEY', 'OWNER', 'CREATED', 'LAST USED', 'EXPIRES', 'REVOKED', 'LIMITS'];

const toRow = (key: KeyFacts): string[] => [
  key.name,
  `${key.prefix}…`,
  key.owner,
  moment(key.createdAt),
  moment(key.lastUsedAt),
  moment(key.expiresAt),
  moment(key.revokedAt),
  limitsOf(key),
];

const list: Command<World> = {
  usage: listUsage,
  run: async ({ database }, args) => {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, listUsage);
    if (positionals.length > 0) throw new UsageError('keys list takes no name.', listUsage);

    const keys = await listKeys(database);
    print(values.json ? `${JSON.stringify(keys, undefined, 2)}\n` : table([head, ...keys.map(toRow)]));
  },
};

/** @throws KeyError when the next `npm start` would undo the change */
const refuseLocal = async (database: Database, name: string): Promise<void> => {
  const config = readConfig();
  const local = name === 'local' && readLocalKey(config);
  if (local && (await isSecretOf(database, name, local))) throw new KeyError(localKeyKept(config));
};

const rotateUsage = `Usage: npx clearcut keys rotate <name> [--overlap 24h]

Gives a key a new secret and prints it once. The one before is accepted for the overlap, so that callers can change
over one by one; the one before that is not. What the key may do, its tasks and its images stay.

  --overlap TIME     how long, such as 30m, 24h or 7d; 24h unless given, 0s for not at all
`;

const rotate: Command<World> = {
  usage: rotateUsage,
  run: async ({ database }, args) => {
    const { name, values } = readName(args, { overlap: { type: 'string' } }, rotateUsage);
    const overlapS = toSeconds(values.overlap ?? '24h');
    if (overlapS === undefined)
      throw new UsageError('--overlap takes a time such as 30m, 24h or 7d.', rotateUsage);
    await refuseLocal(database, name);
    const key = newKey();
    if (!(await rotateKey(database, name, key, overlapS)))
      throw new KeyError(`There is no active key ${name}.`);
    print(`${key}\n`);
  },
};

const limitsUsage = `Usage: npx clearcut keys limits <name> [options]

Changes what a key may do and use, and prints it. Requests that come later are held to it. none takes a limit away.

${limitUsage}`;

const limits: Command<World> = {
  usage: limitsUsage,
  run: async (world, args) => {
    const { name, values } = readName(args, limitOptions, limitsUsage);
    const settings = await readLimits(world, values, limitsUsage);
    if (!(await limitKey(world.database, name, settings)))
      throw new KeyError(`There is no active key ${name}.`);
    const key = (await listKeys(world.database)).find((each) => each.name === name);
    if (key) print(table([head, toRow(key)]));
  },
};

const revokeUsage = `Usage: npx clearcut keys revoke <name>

Refuses requests with this key from now on. Accepted tasks are finished.
`;

const revoke: Command<World> = {
  usage: revokeUsage,
  run: async ({ database }, args) => {
    const { name } = readName(args, {}, revokeUsage);
    await refuseLocal(database, name);
    if (!(await revokeKey(database, name))) throw new KeyError(`There is no active key ${name}.`);
    print(`revoked  ${name}\n`);
  },
};

const usage = `Usage: npx clearcut keys <command> [options]

  create   create a key and print it once
  list     list the keys, when each was last used, and what it may use
  limits   change what a key may do and use
  rotate   give a key a new secret, with an overlap
  usage    sum up what ended tasks came to, by day, key and model
  revoke   stop accepting a key

The commands work on the database of DATABASE_URL, or on that of the running npm start of this folder.
`;

const keys: Group<World> = {
  name: 'keys',
  usage,
  commands: { create, list, limits, rotate, usage: showUsage, revoke },
  within: (work) =>
    withDatabase((database) => work({ database, catalogue: () => readCatalogue(readConfig()) })),
};

export const help: Help = keys;

/**
 * `npx clearcut keys …`
 *
 * @throws UsageError, KeyError, and faults of the environment or the database
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(keys, args);
