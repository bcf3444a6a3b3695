import { randomBytes } from 'node:crypto';
import { createKey, listKeys, putKey, revokeKey, type Database, type KeyFacts } from '#database';
import { withDatabase } from '../database.js';
import { print, readArguments, runGroup, table, UsageError, type Command, type Group } from '../command.js';

/** What the commands on keys work with. */
type World = { readonly database: Database };

/** Safe in logs, labels and tables. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,62}$/u;

/** Reads the name of one key and optional switches. */
const readName = (args: readonly string[], switches: readonly string[], usage: string) => {
  const options = Object.fromEntries(switches.map((name) => [name, { type: 'boolean' } as const]));
  const { values, positionals } = readArguments(args, options, usage);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('Name one key, such as shop.', usage);
  if (!NAME.test(name))
    throw new UsageError('A name has up to 63 letters, digits, dots, dashes, underscores and @.', usage);

  return { name, on: (option: string) => values[option] === true };
};

/** A command that does not fit the existing keys. The message is one sentence. */
class KeyError extends Error {
  override readonly name = 'KeyError';
}

const createUsage = `Usage: npx clearcut keys create <name> [--replace]

Creates a key and prints it once. The database keeps only its first characters and its hash.

  --replace   replace the name's current or former key; its tasks and images stay
`;

const newKey = (): string => `cc_${randomBytes(32).toString('base64url')}`;

const create: Command<World> = {
  usage: createUsage,
  run: async ({ database }, args) => {
    const { name, on } = readName(args, ['replace'], createUsage);
    const key = newKey();
    if (on('replace')) await putKey(database, name, key);
    else if (!(await createKey(database, name, key)))
      throw new KeyError(`There is a key ${name} already: choose another name, or add --replace.`);
    print(`${key}\n`);
  },
};

const listUsage = `Usage: npx clearcut keys list [--json]

Lists all keys by name and first characters. LAST USED is accurate to the minute.
`;

const head = ['NAME', 'KEY', 'CREATED', 'LAST USED', 'REVOKED'];

const moment = (date: Date | null): string => date?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '-';

const toRow = ({ name, prefix, createdAt, lastUsedAt, revokedAt }: KeyFacts): string[] => [
  name,
  `${prefix}…`,
  moment(createdAt),
  moment(lastUsedAt),
  moment(revokedAt),
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

const revokeUsage = `Usage: npx clearcut keys revoke <name>

Refuses requests with this key from now on. Accepted tasks are finished.
`;

const revoke: Command<World> = {
  usage: revokeUsage,
  run: async ({ database }, args) => {
    const { name } = readName(args, [], revokeUsage);
    if (!(await revokeKey(database, name))) throw new KeyError(`There is no active key ${name}.`);
    print(`revoked  ${name}\n`);
  },
};

const usage = `Usage: npx clearcut keys <command> [options]

  create   create a key and print it once
  list     list the keys and when each was last used
  revoke   stop accepting a key

The commands work on the database of DATABASE_URL, or on that of the running npm start of this folder.
`;

const keys: Group<World> = {
  name: 'keys',
  usage,
  commands: { create, list, revoke },
  within: (work) => withDatabase((database) => work({ database })),
};

/**
 * `npx clearcut keys …`
 *
 * @throws UsageError, KeyError, and faults of the environment or the database
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(keys, args);
