import { listKeys, type KeyFacts } from '#database';
import { print, readArguments, type Command } from '../command.js';
import { table } from '../table.js';
import { UsageError } from '../usage-error.js';
import type { World } from './command.js';

const usage = `Usage: npx clearcut keys list [--json]

Shows every key by its name and its first characters. When a key was used last is known to the minute.
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

export const list: Command<World> = {
  usage,
  run: async ({ database }, args) => {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, usage);
    if (positionals.length > 0) throw new UsageError('It lists all keys and takes no name.', usage);

    const keys = await listKeys(database);
    print(values.json ? `${JSON.stringify(keys, undefined, 2)}\n` : table([head, ...keys.map(toRow)]));
  },
};
